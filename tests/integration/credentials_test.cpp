// Credentials: who has none learns nothing, and none is kept, told or sent on.
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/route_table.h"
#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/route_path.h"
#include "support/scripted_upstream.h"
#include "support/temporary_folder.h"
#include "support/unbase64.h"

using namespace llmsnap;
using namespace llmsnap::test;
using Json = nlohmann::json;

namespace {

/// In every secret here, whoever it is of.
constexpr std::string_view Canary = "canary";
/// `u:canary-key` in base64: the same, as Basic has it.
constexpr std::string_view CodedCanary = "dTpjYW5hcnkta2V5";
constexpr std::string_view JsonType = "application/json";
constexpr std::string_view FormType = "multipart/form-data; boundary=b";

/// Wherever clients put credentials: the first one opens.
constexpr std::string_view Credentials =
    "Authorization: Bearer canary-key\r\nX-Api-Key: canary-other\r\nCookie: "
    "session=canary-cookie\r\n"
    "Proxy-Authorization: Basic canary+proxy\r\nX-Goog-Api-Key: canary-goog\r\n"
    "X-Auth-Token: canary-token\r\nSec-WebSocket-Protocol: realtime, key.canary-protocol\r\n"
    "Referer: http://u:canary-user@host/?api_key=canary-referer\r\n";

constexpr std::string_view SecretMembers =
    R"("api_key":"canary-json","password":{"value":"canary-nested"},)"
    R"("headers":[{"name":"Authorization","value":"canary-pair"}],"env":["HF_TOKEN=canary-env"],)"
    R"("arguments":"{\"secret\":\"canary-inner\"}")";

std::string json_for(std::string_view model) {
  return R"({"model":")" + std::string(model) + R"(",)" + std::string(SecretMembers) + "}";
}

std::string request(std::string_view target, std::string_view fields, std::string_view type = {},
                    std::string_view body = {}) {
  std::string text = (body.empty() ? "GET " : "POST ") + std::string(target) +
                     " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields);
  if (!body.empty()) {
    text += "Content-Type: " + std::string(type) +
            "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + std::string(body);
}

/// What clients send, with a key that opens or one that does not.
std::vector<std::string> requests_with_secrets() {
  const std::string query = "?api_key=canary-query&access_token=canary-token";
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\ncanary-field\r\n--b\r\n"
      "Content-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--\r\n";
  std::vector<std::string> all;
  for (const std::string path : {"/v1/chat/completions", "/v1/completions",
                                 "/upstream/m/v1/responses", "/tokenize", "/upstream/m/anything"}) {
    for (const std::string model : {"m", "nobody", "dead", "box/x"}) {
      all.push_back(request(path + query, Credentials, JsonType, json_for(model)));
    }
  }
  all.push_back(request("/v1/embeddings", Credentials, JsonType, R"({"api_key":"canary-cut)"));
  all.push_back(request("/v1/audio/transcriptions" + query, Credentials, FormType, form));
  all.push_back(request("/v1/audio/transcriptions", Credentials,
                        "application/x-www-form-urlencoded", "model=m&api_key=canary-field"));
  for (const std::string target : {"/slots", "/nowhere", "/upstream/m/page", "/api/version"}) {
    all.push_back(request(target + query + "&model=m", Credentials));
  }
  all.push_back(
      request("/v1/realtime" + query + "&model=m",
              std::string(Credentials) + "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  for (const char* wrong :
       {"Authorization: Bearer canary-wrong\r\n", "X-Api-Key: canary-wrong\r\n",
        "Authorization: Basic dTpjYW5hcnkta2V5eA==\r\n", "Cookie: canary-cookie\r\n",
        "Authorization: canary-wrong\r\n", "X-Api-Key: canary-one\r\nX-Api-Key: canary-two\r\n",
        "canary-name canary\r\n"}) {
    all.push_back(request("/v1/chat/completions" + query, wrong, JsonType, json_for("m")));
  }
  all.push_back(request("/v1/models", "Authorization: Basic dTpjYW5hcnkta2V5\r\n"));
  return all;
}

Config config_with_secrets(const std::string& url, const TemporaryFolder& folder) {
  Config config = config_for(url);
  config.api_keys = {{"laptop", "canary-key"}};
  config.models.at("m").api_key = "canary-own";
  config.models["dead"] = command_model("dead", "/nowhere/server --api-key canary-argument");
  config.models["dead"].env = {"API_KEY=canary-variable"};
  PeerConfig peer;
  peer.id = "box";
  peer.proxy = "http://u:canary-user@127.0.0.1:9";
  peer.api_key = "canary-peer";
  peer.models = {"x"};
  config.peers["box"] = peer;
  config.log_level = LogLevel::Debug;
  config.log_to_stdout = ShownLogs::Both;
  config.log_file = LogFileConfig{.path = folder.path("log")};
  config.recording.store_path = folder.path("activity.db");
  return config;
}

/// A model's server that gives secrets back: those of the request, and what it was called with.
bool answer_with_secrets(TestSocket& client, const std::string& head, const std::string& body) {
  const bool refuses = head.find("/completions") != std::string::npos;
  const std::string text = refuses
                               ? R"({"error":{"message":"the key canary-own is refused"}})"
                               : R"({"echo":)" + Json(body.starts_with('{') ? body : "").dump() +
                                     R"(,"api_key":"canary-answer"})";
  return client.send("HTTP/1.1 " + std::string(refuses ? "401 No" : "200 OK") +
                     "\r\nContent-Type: application/json\r\nSet-Cookie: s=canary-set\r\n"
                     "X-Auth-Token: canary-set\r\nContent-Length: " +
                     std::to_string(text.size()) + "\r\n\r\n" + text);
}

struct Shown {
  std::string where;
  std::string text;
};

bool is_stream(std::string_view path) {
  return path == "/api/events" || path == "/models/sse" || path.starts_with("/logs/stream");
}

/// What the routes of the gateway tell, to who has the key.
std::vector<Shown> told_by_routes(TestGateway& gateway) {
  std::vector<Shown> all;
  const auto ask = [&all, &gateway](const std::string& target) {
    const auto answer = exchange(gateway.port(), request(target, "X-Api-Key: canary-key\r\n"));
    all.push_back({target, answer.head + answer.body});
    return answer;
  };
  for (const api::Route& route : api::routes()) {
    if (route.methods == api::Methods::Get && route.match != api::Match::Prefix &&
        !is_stream(route.path) && route.path != "/unload") {
      ask(std::string(route.path));
    }
  }
  ask("/api/metrics/activity?limit=100");
  ask("/api/metrics/activity/export?format=csv");
  ask("/v1/models/dead");
  int captures = 0;
  for (int id = 1; id < 60; ++id) {
    const auto answer = ask("/api/captures/" + std::to_string(id));
    if (answer.status == 200) {
      const Json capture = Json::parse(answer.body);
      all.push_back({"request of capture", unbase64(capture.at("req_body").get<std::string>())});
      all.push_back({"answer of capture", unbase64(capture.at("resp_body").get<std::string>())});
      ++captures;
    }
  }
  CHECK(captures >= 10);
  return all;
}

void add_files(const TemporaryFolder& folder, std::vector<Shown>& shown) {
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    shown.push_back({entry.path(), std::string(std::istreambuf_iterator<char>(file), {})});
  }
}

void add_records(TestGateway& gateway, std::size_t count, std::vector<Shown>& shown) {
  for (const TrafficRecord& record : gateway.wait_for_records(count)) {
    for (const std::string& text : {record.id, record.user_agent, record.path, record.error,
                                    record.server_error, record.requested_model, record.endpoint,
                                    record.upstream, record.session, record.key_name}) {
      shown.push_back({"record of " + record.path, text});
    }
  }
}

void check_all(const std::vector<Shown>& all) {
  for (const Shown& shown : all) {
    for (const std::string_view secret : {Canary, CodedCanary}) {
      const std::size_t at = shown.text.find(secret);
      INFO(shown.where << ": "
                       << shown.text.substr(at == std::string::npos || at < 100 ? 0 : at - 100,
                                            200));
      CHECK(at == std::string::npos);
    }
  }
}

}  // namespace

TEST_CASE("no secret of a client or of the config is kept or told, wherever it was written",
          "[credentials][D10]") {
  const TemporaryFolder folder;
  ScriptedUpstream upstream(answer_with_secrets);
  std::vector<Shown> shown;
  {
    TestGateway gateway(config_with_secrets(upstream.url(), folder));
    const std::vector<std::string> requests = requests_with_secrets();
    for (const std::string& sent : requests) {
      const auto answer = exchange(gateway.port(), sent);
      CHECK(answer.status >= 200);
      if (answer.status >= 400 && answer.head.find("canary-set") == std::string::npos) {
        shown.push_back({"answer to " + sent, answer.head + answer.body});
      }
    }
    add_records(gateway, requests.size(), shown);
    const auto told = told_by_routes(gateway);
    shown.insert(shown.end(), told.begin(), told.end());
    for (const std::string& line : gateway.log_lines()) {
      shown.push_back({"log", line});
    }
  }
  add_files(folder, shown);
  check_all(shown);
  for (const std::string& received : upstream.received()) {
    const std::string head = received.substr(0, received.find("\r\n\r\n"));
    for (const char* mine : {"canary-key", "canary-other", "canary+proxy"}) {
      CHECK_FALSE(head.find(mine) != std::string::npos);
    }
  }
}

TEST_CASE("a request in work is shown without its secrets", "[credentials][D10]") {
  std::promise<void> has_looked;
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string&) {
    has_looked.get_future().wait_for(Patience);
    return client.send(plain_answer("{}"));
  });
  const TemporaryFolder folder;
  TestGateway gateway(config_with_secrets(upstream.url(), folder));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(
      request("/v1/chat/completions?api_key=canary-query", Credentials, JsonType, json_for("m")));
  REQUIRE(upstream.wait_for_requests(1));
  TestSocket events = TestSocket::connect(gateway.port());
  events.send(request("/api/events", "X-Api-Key: canary-key\r\n"));
  const std::string told = events.receive_until("X-Goog-Api-Key") + events.receive_until("\n\n");
  CHECK(contains(told, "[REDACTED]"));
  const auto listed =
      exchange(gateway.port(), request("/api/inflight", "X-Api-Key: canary-key\r\n"));
  CHECK(contains(listed.body, "X-Goog-Api-Key"));
  check_all({{"events", told}, {"list", listed.body}});
  has_looked.set_value();
  CHECK(receive_answer(client).status == 200);
}

TEST_CASE("who has no key is told nothing by any route but that the gateway is there",
          "[credentials][D12]") {
  const TemporaryFolder folder;
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_with_secrets(upstream.url(), folder));
  for (const api::Route& route : api::routes()) {
    const std::string target = path_with(route, "m");
    const bool is_get = route.methods == api::Methods::Get;
    INFO(target);
    std::string asked = request(target, "", JsonType, is_get ? "" : json_for("m"));
    if (route.methods == api::Methods::Put) {
      asked.replace(0, 4, "PUT");
    }
    const auto answer = exchange(gateway.port(), asked);
    if (route.role != api::Role::Open) {
      CHECK(answer.status == 401);
    } else if (answer.status == 200 && !target.starts_with("/ui")) {
      CHECK(answer.body == "OK");
    }
    for (const char* of_us : {"dead", "laptop", "box"}) {
      CHECK(answer.body.find(of_us) == std::string::npos);
    }
  }
  CHECK(upstream.received().empty());
}

TEST_CASE("a key of a megabyte is refused as a head that is too large", "[credentials][D05]") {
  const TemporaryFolder folder;
  TestGateway gateway(config_with_secrets("http://127.0.0.1:9", folder));
  const std::string key(std::size_t{1} << 20, 'k');
  CHECK(exchange(gateway.port(), request("/v1/models", "X-Api-Key: " + key + "\r\n")).status ==
        431);
}

TEST_CASE("who has no key is told so before a byte of a large body is read", "[credentials][D11]") {
  const TemporaryFolder folder;
  TestGateway gateway(config_with_secrets("http://127.0.0.1:9", folder));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 1073741824\r\n\r\n");
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.status == 401);
  CHECK(answer.field("connection") == "close");
  CHECK(client.closes_within(Patience));
}

TEST_CASE("a thousand wrong keys cost a line of the access log each, and nobody else's turn",
          "[credentials][D14]") {
  const TemporaryFolder folder;
  TestGateway gateway(config_with_secrets("http://127.0.0.1:9", folder));
  TestSocket attacker = TestSocket::connect(gateway.port());
  for (int count = 0; count < 1000; ++count) {
    attacker.send(request("/v1/models", "X-Api-Key: " + std::to_string(count) + "\r\n"));
  }
  CHECK(exchange(gateway.port(), request("/v1/models", "X-Api-Key: canary-key\r\n")).status == 200);
  for (int count = 0; count < 1000; ++count) {
    CHECK(receive_answer(attacker).status == 401);
  }
  CHECK(gateway.wait_for_records(1001).size() == 1001);
  std::size_t others = 0;
  for (const std::string& line : gateway.log_lines()) {
    others += line.find("Request 127.0.0.1") == std::string::npos ? 1 : 0;
  }
  CHECK(others < 20);
}
