// An application with its own httplib::Server and its own routes mounts the gateway under /llm.
#include <httplib.h>
#include <llmsnap/gateway.h>
#include <llmsnap/httplib.h>

#include <cstdio>
#include <string>
#include <thread>

namespace {

bool expect(const httplib::Result& got, int status, const std::string& part, const char* what) {
  const bool as_expected =
      got && got->status == status && got->body.find(part) != std::string::npos;
  std::printf("%s: %d %s\n", what, got ? got->status : 0, got ? got->body.c_str() : "no answer");
  return as_expected;
}

}  // namespace

int main() {
  auto config = llmsnap::parse_config("models:\n  tiny:\n    proxy: http://127.0.0.1:9\n");
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 1;
  }
  llmsnap::Gateway gateway(std::move(*config));

  httplib::Server server;
  server.Get("/hello", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("the application's own route", "text/plain");
  });
  llmsnap::mount(server, gateway, "/llm");
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread serving([&server] { server.listen_after_bind(); });

  bool passed = false;
  {
    httplib::Client client("127.0.0.1", port);
    passed = expect(client.Get("/hello"), 200, "own route", "own route");
    passed &= expect(client.Get("/llm/v1/models"), 200, "tiny", "mounted listing");
    passed &= expect(client.Post("/llm/v1/chat/completions", R"({"model":"none","messages":[]})",
                                 "application/json"),
                     404, "none", "unknown model");
  }
  server.stop();
  serving.join();
  return passed ? 0 : 1;
}
