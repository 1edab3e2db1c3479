// Lesson: serve the gateway over HTTP: llmsnap::http, several listeners, an orderly stop.
#include <llmsnap/gateway.h>
#include <llmsnap/http_server.h>

#include <cstdio>
#include <thread>

int main() {
  auto config = llmsnap::parse_config("models: {small: {proxy: 'http://127.0.0.1:9101'}}");
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 1;
  }
  llmsnap::Gateway gateway(std::move(*config), {[](llmsnap::LogLevel, std::string_view line) {
                             std::printf("log: %.*s\n", static_cast<int>(line.size()), line.data());
                           }});
  llmsnap::HttpServer server(gateway);
  for (const char* where : {"127.0.0.1:0", "unix:example-serve.sock"}) {
    const llmsnap::Result<llmsnap::Address> address = server.listen(where);
    if (!address) {
      std::fprintf(stderr, "%s\n", address.error().message.c_str());
      return 1;
    }
    std::printf("serving on %s\n", address->text.c_str());
  }
  // A real program would stop on a signal; this one has shown enough.
  std::thread stopper([&server] { server.stop(); });
  server.wait();
  stopper.join();
}
