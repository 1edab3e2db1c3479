// The gateway mounted into an application's own httplib::Server: which targets are below its
// prefix.
#include <httplib.h>

#include <thread>

#include "catch.h"
#include "llmsnap/httplib.h"
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
  MountedServer(Gateway& gateway, const std::string& prefix) {
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
  ReceivedAnswer get(const std::string& target) {
    return exchange(static_cast<std::uint16_t>(port_),
                    "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread serving_;
};

}  // namespace

TEST_CASE("what follows the mounted prefix reaches the gateway as it was written", "[mount]") {
  ScriptedUpstream upstream(echo_target());
  Gateway gateway(config_for(upstream.url()));
  MountedServer server(gateway, "/a.b/llm");
  CHECK(server.get("/a.b/llm/upstream/m/x%2Fy?q=%20").body == "/x%2Fy?q=%20");
  CHECK(server.get("/a.b/ll%6D/upstream/m/x%2Fy?q=%20").body == "/x%2Fy?q=%20");
  CHECK(server.get("/%61%2e%62/%6c%6C%6d/upstream/m/z").body == "/z");
  CHECK(server.get("/a.b/llm?q=1").status == 200);
  CHECK(server.get("/a.b/llm").status == 200);
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
