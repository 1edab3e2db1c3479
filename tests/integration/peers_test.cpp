// Models of other servers: what they are sent, whom a request goes to when one is gone, and what is
// known of them.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "support/contains.h"
#include "support/listed.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;
using Json = nlohmann::json;

namespace {

PeerConfig peer_at(const std::string& id, const std::string& url,
                   const std::vector<std::string>& models = {"m"}) {
  PeerConfig peer;
  peer.id = id;
  peer.proxy = url;
  peer.models = models;
  return peer;
}

Config config_of(const std::vector<PeerConfig>& peers) {
  Config config;
  for (const PeerConfig& peer : peers) {
    config.peers[peer.id] = peer;
  }
  return config;
}

std::string url_of(TestGateway& gateway) {
  return "http://127.0.0.1:" + std::to_string(gateway.port());
}

std::string answer_with(int status, const std::string& body = "{}") {
  return "HTTP/1.1 " + std::to_string(status) +
         " x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Answers chats so, and says that it is no gateway.
ScriptedUpstream::Script chats_answered(std::string answer) {
  return [answer = std::move(answer)](TestSocket& client, const std::string& head,
                                      const std::string&) {
    return client.send(head.starts_with("POST") ? answer : answer_with(404));
  };
}

/// The requests that are not the watch's.
std::vector<std::string> chats(const ScriptedUpstream& upstream) {
  std::vector<std::string> posts = upstream.received();
  std::erase_if(posts, [](const std::string& request) { return !request.starts_with("POST"); });
  return posts;
}

/// A port that nobody listens on.
std::string closed_url() {
  const UniqueFd listener = loopback_listener();
  return "http://127.0.0.1:" + std::to_string(port_of(listener));
}

}  // namespace

TEST_CASE("a peer is asked for its own name of the model, with its own key and Host", "[peers]") {
  ScriptedUpstream upstream(chats_answered(plain_answer("yes")));
  PeerConfig peer = peer_at("box", upstream.url() + "/base", {"org/m"});
  peer.api_key = "its-key";
  TestGateway gateway(config_of({peer}));
  for (const std::string name : {"box/org/m", "org/m"}) {
    upstream.forget();
    const ReceivedAnswer answer =
        exchange(gateway.port(), chat_request("{\"model\": \"" + name + "\", \"n\":1}",
                                              "Authorization: Bearer mine\r\nX-Api-Key: mine\r\n"
                                              "X-Forwarded-For: 10.1.2.3\r\nX-Team: blue\r\n"));
    CHECK(answer.status == 200);
    CHECK(answer.body == "yes");
    REQUIRE(chats(upstream).size() == 1);
    const std::string sent = chats(upstream).front();
    CHECK(sent.starts_with("POST /base/v1/chat/completions HTTP/1.1\r\n"));
    CHECK(contains(sent, "\r\n\r\n{\"model\": \"org/m\", \"n\":1}"));
    CHECK(contains(sent, "Host: 127.0.0.1:" + std::to_string(upstream.port()) + "\r\n"));
    CHECK(contains(sent, "Authorization: Bearer its-key\r\n"));
    CHECK(contains(sent, "X-Api-Key: its-key\r\n"));
    CHECK(contains(sent, "X-Team: blue\r\n"));
    CHECK_FALSE(contains(sent, "mine"));
    CHECK_FALSE(contains(sent, "X-Forwarded"));
    CHECK(contains(sent, "Via: 1.1 llmsnapd ("));
  }
  const auto records = gateway.wait_for_records(2);
  REQUIRE(records.size() == 2);
  CHECK(records[1].model == "box/org/m");
  CHECK(records[1].requested_model == "org/m");
  for (const std::string& line : gateway.log_lines()) {
    CHECK_FALSE(contains(line, "its-key"));
  }
}

TEST_CASE("a peer without a key gets none, and its filters change bodies", "[peers]") {
  ScriptedUpstream upstream(chats_answered(plain_answer("{}")));
  PeerConfig peer = peer_at("box", upstream.url());
  peer.filters.strip_params = {"keep_alive", "top_k"};
  peer.filters.set_params = {{"temperature", "0.5"}};
  peer.filters.set_params_by_id["box/m"] = {{"temperature", "0.1"}};
  TestGateway gateway(config_of({peer}));
  exchange(gateway.port(), chat_request(R"({"model":"m","top_k":3})", "X-Api-Key: mine\r\n"));
  exchange(gateway.port(), chat_request(R"({"model":"box/m","ttl":3})"));
  const auto sent = chats(upstream);
  REQUIRE(sent.size() == 2);
  CHECK_FALSE(contains(sent[0], "Api-Key"));
  CHECK(contains(sent[0], R"({"model":"m","temperature":0.5})"));
  CHECK(contains(sent[1], R"({"model":"m","ttl":3,"temperature":0.1})"));
}

TEST_CASE("an event stream of a peer is passed on as it comes", "[peers]") {
  ScriptedUpstream upstream(
      chats_answered("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n9\r\ndata: 1\n\n\r\n0\r\n\r\n"));
  TestGateway gateway(config_of({peer_at("box", upstream.url())}));
  const ReceivedAnswer answer =
      exchange(gateway.port(), chat_request(R"({"model":"m","stream":true})"));
  CHECK(answer.status == 200);
  CHECK(contains(answer.head, "X-Accel-Buffering: no"));
  CHECK(answer.body == "data: 1\n\n");
}

TEST_CASE("a model of our own comes before a peer's of that name, which has its qualified one",
          "[peers]") {
  ScriptedUpstream own(always(plain_answer("own")));
  ScriptedUpstream remote(chats_answered(plain_answer("remote")));
  Config config = config_for(own.url());
  config.peers["box"] = peer_at("box", remote.url());
  TestGateway gateway(config);
  CHECK(exchange(gateway.port(), chat_request()).body == "own");
  CHECK(exchange(gateway.port(), chat_request(R"({"model":"box/m"})")).body == "remote");
  CHECK(exchange(gateway.port(), chat_request(R"({"model":"box/x"})")).status == 404);
  CHECK(exchange(gateway.port(), chat_request(R"({"model":"x"})")).status == 404);
}

TEST_CASE("where one of two peers does not answer, the other one does", "[peers]") {
  ScriptedUpstream good(chats_answered(plain_answer("good")));
  TestGateway gateway(config_of({peer_at("a", closed_url()), peer_at("b", good.url())}));
  for (int i = 0; i < 3; ++i) {
    const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
    CHECK(answer.status == 200);
    CHECK(answer.body == "good");
  }
  CHECK(chats(good).size() == 3);
  CHECK(gateway.wait_for_line("peer a: "));
  const ReceivedAnswer named = exchange(gateway.port(), chat_request(R"({"model":"a/m"})"));
  CHECK(named.status == 502);
  CHECK(contains(named.body, "127.0.0.1"));
  CHECK(gateway.wait_for_records(4)[0].model == "b/m");
}

TEST_CASE("a peer that refuses is passed over, and the last refusal is the client's", "[peers]") {
  const int status = GENERATE(429, 502, 503, 504, 508);
  ScriptedUpstream busy(chats_answered(answer_with(status, "busy")));
  ScriptedUpstream good(chats_answered(plain_answer("good")));
  ScriptedUpstream wrong(chats_answered(answer_with(500, "wrong")));
  const std::string a = busy.url();
  TestGateway one_good(config_of({peer_at("a", a), peer_at("b", good.url())}));
  CHECK(exchange(one_good.port(), chat_request()).body == "good");
  CHECK(chats(busy).size() == 1);
  CHECK(exchange(one_good.port(), chat_request()).body == "good");
  CHECK(chats(busy).size() == 1);  // not asked again at once
  TestGateway none_good(config_of({peer_at("a", a), peer_at("b", a)}));
  const ReceivedAnswer refused = exchange(none_good.port(), chat_request());
  CHECK(refused.status == status);
  CHECK(refused.body == "busy");
  TestGateway request_is_bad(config_of({peer_at("a", wrong.url()), peer_at("b", good.url())}));
  CHECK(exchange(request_is_bad.port(), chat_request()).status == 500);
}

TEST_CASE("a loop of peers is refused after one round", "[peers][F09]") {
  TestGateway first(Config{});
  TestGateway second(config_of({peer_at("first", url_of(first))}));
  first.gateway().reload(config_of({peer_at("second", url_of(second))}));
  const ReceivedAnswer answer = exchange(first.port(), chat_request());
  CHECK(answer.status == 508);
  CHECK(contains(answer.body, "came back"));
  CHECK(eventually([&first] {
    const auto records = first.wait_for_records(0);
    return std::count_if(records.begin(), records.end(),
                         [](const TrafficRecord& record) { return record.method == "POST"; }) == 2;
  }));
}

TEST_CASE("a request that comes back to its gateway may be served there", "[peers]") {
  ScriptedUpstream own(always(plain_answer("own")));
  TestGateway first(Config{});
  PeerConfig back = peer_at("first", url_of(first), {"served"});
  TestGateway second(config_of({back}));
  Config config = process_config({process_model("served")});
  config.peers["second"] = peer_at("second", url_of(second), {"served"});
  first.gateway().reload(config);
  CHECK(exchange(first.port(), chat_request(R"({"model":"second/served"})")).status == 200);
}

TEST_CASE("a gateway knows which models of another gateway are loaded", "[peers]") {
  ModelConfig warm = process_model("warm");
  warm.aliases = {"nick"};
  Config there = process_config({warm, process_model("cold")});
  there.include_aliases_in_list = true;
  ProcessGateway other(there);
  REQUIRE(other.chat("warm").status == 200);
  TestGateway here(config_of({peer_at("other", url_of(other), {"warm", "cold", "nick", "gone"})}));
  CHECK(eventually(
      [&here] { return listed(here, "other/warm").at("status").at("value") == "loaded"; }));
  CHECK(listed(here, "other/nick").at("status").at("value") == "loaded");
  CHECK(listed(here, "other/cold").at("status").at("value") == "unloaded");
  CHECK(here.wait_for_line("peer other: it does not list the model gone"));
  CHECK(other.status("cold").state == ModelState::Stopped);
}

TEST_CASE("a peer that refuses to tell how its models stand is asked again until it does",
          "[peers]") {
  const int status = GENERATE(401, 403);
  std::atomic<int> questions{0};
  ScriptedUpstream upstream(
      [&questions, status](TestSocket& client, const std::string& head, const std::string&) {
        if (++questions <= 2) {
          return client.send(answer_with(status));
        }
        return client.send(plain_answer(head.starts_with("GET /running ")
                                            ? R"({"running":[{"model":"m","state":"ready"}]})"
                                            : R"({"data":[{"id":"m"}]})"));
      });
  TestGateway gateway(config_of({peer_at("box", upstream.url())}));
  CHECK(gateway.wait_for_line("peer box: it does not list its models: status " +
                              std::to_string(status)));
  CHECK(eventually(
      [&gateway] { return listed(gateway, "box/m").at("status").at("value") == "loaded"; }));
}

TEST_CASE("where a peer has no /running, or refuses it, its listing tells what is loaded",
          "[peers]") {
  const int status = GENERATE(401, 404, 500);
  const std::string listing =
      R"({"data":[{"id":"warm","status":{"value":"loaded"}},{"id":"cold","status":{"value":"unloaded"}}]})";
  ScriptedUpstream upstream(
      [&listing, status](TestSocket& client, const std::string& head, const std::string&) {
        return client.send(head.starts_with("GET /running ") ? answer_with(status)
                                                             : plain_answer(listing));
      });
  TestGateway gateway(config_of({peer_at("box", upstream.url(), {"warm", "cold", "gone"})}));
  CHECK(eventually(
      [&gateway] { return listed(gateway, "box/warm").at("status").at("value") == "loaded"; }));
  CHECK(listed(gateway, "box/cold").at("status").at("value") == "unloaded");
  CHECK(gateway.wait_for_line("peer box: it does not list the model gone"));
}

TEST_CASE("a server without /running is passed over while it does not list its models", "[peers]") {
  std::atomic<bool> ill{true};
  ScriptedUpstream first([&ill](TestSocket& client, const std::string& head, const std::string&) {
    if (head.starts_with("POST")) {
      return client.send(ill ? answer_with(503) : plain_answer("first"));
    }
    return client.send(!head.starts_with("GET /base/v1/models ") ? answer_with(404)
                       : ill                                     ? answer_with(503)
                             : plain_answer(R"({"data":[{"id":"m"}]})"));
  });
  ScriptedUpstream second(chats_answered(plain_answer("second")));
  PeerConfig keyed = peer_at("a", first.url() + "/base");
  keyed.api_key = "its-key";
  TestGateway gateway(config_of({keyed, peer_at("b", second.url())}));
  const auto is_served_by = [&gateway](const std::string& which) {
    return eventually([&] { return exchange(gateway.port(), chat_request()).body == which; });
  };
  CHECK(gateway.wait_for_line("peer a: GET /v1/models: status 503"));
  CHECK(exchange(gateway.port(), chat_request(R"({"model":"a/m"})")).status == 503);
  for (const std::string& line : gateway.log_lines()) {
    CHECK_FALSE(contains(line, "it answers again"));
  }
  CHECK(is_served_by("second"));
  ill = false;
  CHECK(gateway.wait_for_line("peer a: it answers again"));
  CHECK(is_served_by("first"));
  for (const std::string& request : first.received()) {
    CHECK(contains(request, "Authorization: Bearer its-key\r\n"));
    CHECK(contains(request, "X-Api-Key: its-key\r\n"));
  }
}

TEST_CASE("a listing without an end is not read to its end, and is no failure", "[peers]") {
  std::atomic<bool> cut_off{false};
  ScriptedUpstream upstream(
      [&cut_off](TestSocket& client, const std::string& head, const std::string&) {
        if (!head.starts_with("GET /v1/models ")) {
          return client.send(head.starts_with("POST") ? plain_answer("yes") : answer_with(404));
        }
        client.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while (client.send(std::string(std::size_t{64} * 1024, ' '))) {
        }
        cut_off = true;
        return false;
      });
  TestGateway gateway(config_of({peer_at("box", upstream.url())}));
  CHECK(eventually([&cut_off] { return cut_off.load(); }));
  CHECK(exchange(gateway.port(), chat_request()).body == "yes");
  for (const std::string& line : gateway.log_lines()) {
    CHECK_FALSE(contains(line, "peer box"));
  }
}

TEST_CASE("peers' models are listed by their qualified names, and are not ours to change",
          "[peers]") {
  Config config =
      config_of({peer_at("a", closed_url(), {"m", "org/n"}), peer_at("b", closed_url())});
  TestGateway gateway(config);
  const Json models = Json::parse(get(gateway, "/v1/models").body);
  std::vector<std::string> ids;
  for (const Json& model : models.at("data")) {
    ids.push_back(model.at("id"));
  }
  CHECK(ids == std::vector<std::string>{"a/m", "a/org/n", "b/m"});
  const Json record = listed(gateway, "a/org/n");
  CHECK(record.at("name") == "a: org/n");
  CHECK(record.at("meta").at("llamaswap") == Json({{"type", "peer"}, {"peerID", "a"}}));
  CHECK(record.at("status").at("value") == "unloaded");
  for (const std::string route : {"unload", "load", "sleep", "wake"}) {
    const ReceivedAnswer answer =
        exchange(gateway.port(), post_to("/api/models/" + route + "/a/m"));
    CHECK(answer.status == 404);
    CHECK(contains(answer.body, "no local server found for requested model"));
  }
  CHECK(Json::parse(get(gateway, "/running").body).at("running").empty());
}

TEST_CASE("paths under /upstream reach a peer's server", "[peers]") {
  ScriptedUpstream upstream(always(plain_answer("page")));
  TestGateway gateway(config_of({peer_at("box", upstream.url(), {"org/m"})}));
  REQUIRE(upstream.wait_for_requests(2));  // the watch's
  upstream.forget();
  CHECK(get(gateway, "/upstream/box/org/m/props?x=1").body == "page");
  CHECK(get(gateway, "/upstream/org%2Fm/props").body == "page");
  const auto sent = upstream.received();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].starts_with("GET /props?x=1 HTTP/1.1\r\n"));
  CHECK(sent[1].starts_with("GET /props HTTP/1.1\r\n"));
}

TEST_CASE("a new config changes a peer's key, and takes peers away", "[peers]") {
  ScriptedUpstream upstream(chats_answered(plain_answer("{}")));
  PeerConfig peer = peer_at("box", upstream.url());
  peer.api_key = "old-key";
  TestGateway gateway(config_of({peer}));
  CHECK(exchange(gateway.port(), chat_request()).status == 200);
  peer.api_key = "new-key";
  gateway.gateway().reload(config_of({peer}));
  CHECK(exchange(gateway.port(), chat_request()).status == 200);
  const auto sent = chats(upstream);
  REQUIRE(sent.size() == 2);
  CHECK(contains(sent[0], "old-key"));
  CHECK(contains(sent[1], "new-key"));
  gateway.gateway().reload(Config{});
  CHECK(exchange(gateway.port(), chat_request()).status == 404);
}

TEST_CASE("a gateway ends at once while a peer keeps it waiting", "[peers]") {
  ScriptedUpstream silent(silent_after(""));
  const auto begin = std::chrono::steady_clock::now();
  {
    TestGateway gateway(config_of({peer_at("box", silent.url())}));
    REQUIRE(silent.wait_for_requests(1));
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(4));
}
