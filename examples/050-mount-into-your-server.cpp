// Lesson: serve the gateway below a path of your own httplib::Server. Link llmsnap::core, not
// llmsnap::http: the header is compiled with your copy of cpp-httplib, whatever its version.
#include <httplib.h>
#include <llmsnap/httplib.h>

#include <cstdio>
#include <thread>

int main() {
  auto config = llmsnap::parse_config("models: {small: {proxy: 'http://127.0.0.1:9101'}}");
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 1;
  }
  llmsnap::Gateway gateway(std::move(*config));

  httplib::Server server;
  server.Get("/mine", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("served by the application", "text/plain");
  });
  llmsnap::mount(server, gateway, "/llm");

  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread serving([&server] { server.listen_after_bind(); });
  while (!server.is_running()) {
    std::this_thread::yield();
  }

  httplib::Client client("127.0.0.1", port);
  for (const char* path : {"/mine", "/llm/v1/models"}) {
    const httplib::Result result = client.Get(path);
    std::printf("%s: %d %s\n", path, result ? result->status : 0,
                result ? result->body.c_str() : "");
  }
  server.stop();
  serving.join();
}
