// The gateway mounted into an application's own httplib::Server: which targets are below its
// prefix, and that bodies arrive as they were sent.
#include <httplib.h>

#include <cstdio>
#include <functional>
#include <regex>
#include <string>
#include <thread>

#include "api/route_table.h"
#include "catch.h"
#include "llmsnap/httplib.h"
#include "support/contains.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

/// Answers with the target it was asked for.
ScriptedUpstream::Script echo_target() {
  return [](TestSocket& client, const std::string& head, const std::string&) {
    const std::size_t begin = head.find(' ') + 1;
    return client.send(plain_answer(head.substr(begin, head.find(' ', begin) - begin)));
  };
}

class MountedServer {
 public:
  /// `before`: routes of the application's own.
  MountedServer(
      Gateway& gateway, const std::string& prefix,
      const std::function<void(httplib::Server&)>& before = [](httplib::Server&) {}) {
    before(server_);
    mount(server_, gateway, prefix);
    port_ = server_.bind_to_any_port("127.0.0.1");
    serving_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {
      std::this_thread::yield();
    }
  }
  ~MountedServer() {
    server_.stop();
    serving_.join();
  }
  std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }
  ReceivedAnswer get(const std::string& target) {
    return exchange(port(),
                    "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread serving_;
};

const std::string Form =
    "--b\r\nContent-Disposition: form-data; name=\"z\"\r\nX-Odd: 1\r\n\r\n\xff\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\n\r\nx\r\n--b--\r\n";

std::string with_body(const std::string& line, const std::string& fields,
                      const std::string& body = Form) {
  return line + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string FormType = "Content-Type: multipart/form-data; boundary=b\r\n";

}  // namespace

TEST_CASE("what follows the mounted prefix reaches the gateway as it was written", "[mount]") {
  ScriptedUpstream upstream(echo_target());
  Gateway gateway(config_for(upstream.url()));
  MountedServer server(gateway, "/a.b/llm");
  CHECK(server.get("/a.b/llm/upstream/m/x%2Fy?q=%20").body == "/x%2Fy?q=%20");
  CHECK(server.get("/a.b/ll%6D/upstream/m/x%2Fy?q=%20").body == "/x%2Fy?q=%20");
  CHECK(server.get("/%61%2e%62/%6c%6C%6d/upstream/m/z").body == "/z");
  CHECK(server.get("/a.b/llm?q=1").status == 302);
  CHECK(server.get("/a.b/llm").status == 302);
}

TEST_CASE("only whole segments are the mounted prefix", "[mount]") {
  ScriptedUpstream upstream(echo_target());
  Gateway gateway(config_for(upstream.url()));
  MountedServer server(gateway, "/a.b/llm");
  const std::string target =
      GENERATE("/a.b/llmx/upstream/m/x", "/a.b/llm%2Fupstream/m/x", "/a.b%2Fllm/upstream/m/x",
               "/axb/llm/upstream/m/x", "/a.b", "/");
  CHECK(server.get(target).status == 404);
}

TEST_CASE("a path that only unescapes to the mounted prefix gets an error like any other",
          "[mount]") {
  Gateway gateway(config_for("http://127.0.0.1:9"));
  MountedServer server(gateway, "/a.b/llm");
  const std::string target = GENERATE("/a.b/llm%2Fv1/models", "/a.b%2Fllm/v1/models");
  const ReceivedAnswer answer = server.get(target);
  CHECK(answer.status == 404);
  CHECK(answer.field("content-type") == "application/json");
  CHECK(answer.body ==
        R"({"error":{"message":"nothing is served at this path","type":"invalid_request_error",)"
        R"("param":null,"code":"not_found"}})"
        "\n");
}

TEST_CASE("a gateway mounted at the root has every path", "[mount]") {
  ScriptedUpstream upstream(echo_target());
  Gateway gateway(config_for(upstream.url()));
  MountedServer server(gateway, "/");
  CHECK(server.get("/upstream/m/x").body == "/x");
  CHECK(server.get("/health").body == "OK");
}

TEST_CASE("an upload reaches the gateway byte for byte, and with its fields", "[mount]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Gateway gateway(config_for(upstream.url()));
  MountedServer server(gateway, "/llm");
  const std::string line = GENERATE(
      "POST /llm/v1/audio/transcriptions", "POST /llm/v1/images/edits", "POST /llm/upstream/m/any",
      "PUT /llm/upstream/m/any", "PATCH /llm/upstream/m/any", "DELETE /llm/upstream/m/any");
  CHECK(exchange(server.port(), with_body(line, FormType)).status == 200);
  REQUIRE(upstream.received().size() == 1);
  const std::string received = upstream.received().front();
  CHECK(received.substr(received.find("\r\n\r\n") + 4) == Form);
  CHECK(contains(received, FormType));
}

TEST_CASE("a form that comes in chunks is one", "[mount]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Gateway gateway(config_for(upstream.url()));
  MountedServer server(gateway, "");
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", Form.size());
  CHECK(exchange(server.port(), "POST /v1/images/edits HTTP/1.1\r\nHost: localhost\r\n" + FormType +
                                    "Transfer-Encoding: chunked\r\n\r\n" + size + Form +
                                    "\r\n0\r\n\r\n")
            .status == 200);
  REQUIRE(upstream.received().size() == 1);
  CHECK(upstream.received().front().ends_with(Form));
}

TEST_CASE("what a client has compressed arrives compressed", "[mount]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Gateway gateway(config_for(upstream.url()));
  MountedServer server(gateway, "");
  const std::string bytes = "\x1f\x8b not really";
  CHECK(
      exchange(server.port(), with_body("POST /upstream/m/x", "Content-Encoding: gzip\r\n", bytes))
          .status == 200);
  REQUIRE(upstream.received().size() == 1);
  CHECK(upstream.received().front().ends_with(bytes));
  CHECK(contains(upstream.received().front(), "Content-Encoding: gzip\r\n"));
}

TEST_CASE("a request without a body does not wait for one, and one that is refused is read",
          "[mount]") {
  Gateway gateway(config_for("http://127.0.0.1:9"));
  MountedServer server(gateway, "/llm");
  TestSocket client = TestSocket::connect(server.port());
  client.send("POST /llm/v1/images/edits HTTP/1.1\r\nHost: localhost\r\n" + FormType + "\r\n");
  CHECK(receive_answer(client).status == 411);
  client.send(with_body("POST /llm%2Fupstream/m/x", FormType));
  CHECK(receive_answer(client).status == 404);
  client.send("GET /llm/health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(receive_answer(client).body == "OK");
}

TEST_CASE("routes that the application added before win over a gateway at the root", "[mount]") {
  Gateway gateway(config_for("http://127.0.0.1:9"));
  MountedServer server(gateway, "", [](httplib::Server& application) {
    application.Post("/own", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("own", "text/plain");
    });
  });
  CHECK(exchange(server.port(), with_body("POST /own", FormType)).body == "own");
}

TEST_CASE("all routes that take uploads are known to mount", "[mount]") {
  const std::regex uploads(detail::Uploads);
  for (const api::Route& route : api::routes()) {
    const std::string path(route.path);
    CAPTURE(path);
    CHECK(std::regex_match(path, uploads) == (route.body == api::BodyKind::Spooled));
  }
}
