// Lesson: answer requests inside your own program, without any server: Gateway::handle.
#include <llmsnap/gateway.h>

#include <cstdio>
#include <string>

namespace {

void print(llmsnap::GatewayAnswer answer) {
  std::printf("%d ", answer.status());
  for (;;) {
    const llmsnap::Result<std::string> piece = answer.next();
    if (!piece) {
      std::printf("(broken: %s)", piece.error().message.c_str());
      break;
    }
    if (piece->empty()) {
      break;  // the end; an answer that is dropped before it cancels its request
    }
    std::printf("%s", piece->c_str());
  }
  std::printf("\n");
}

}  // namespace

int main() {
  auto config =
      llmsnap::parse_config("models: {small: {proxy: 'http://127.0.0.1:9101', aliases: [tiny]}}");
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 1;
  }
  llmsnap::Gateway gateway(std::move(*config));
  const llmsnap::Subscription watcher =
      gateway.on_request([](const llmsnap::TrafficRecord& record) {
        // Runs on the gateway's background thread, after the last byte of the answer.
        std::printf("[%s %s: %d]\n", record.method.c_str(), record.path.c_str(), record.status);
      });

  llmsnap::GatewayRequest list;
  list.target = "/v1/models";
  print(gateway.handle(list));

  llmsnap::GatewayRequest chat;
  chat.method = "POST";
  chat.target = "/v1/chat/completions";
  chat.headers = {{"Content-Type", "application/json"}};
  chat.body = R"({"model": "tiny", "messages": [{"role": "user", "content": "Hello"}]})";
  print(gateway.handle(chat));  // 502 with the reason, unless a server runs on port 9101

  gateway.shutdown();
}
