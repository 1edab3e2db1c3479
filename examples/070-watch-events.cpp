// Lesson: hear of what happens in a gateway, of models that come and go and of requests that ended.
#include <llmsnap/gateway.h>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  const std::string server = argc > 1 ? argv[1] : "llama-server";
  auto config = llmsnap::parse_config(
      "models:\n"
      "  small: {cmd: '" +
      server +
      " --port ${PORT}'}\n"
      "  large: {cmd: '" +
      server + " --port ${PORT}'}\n");
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 1;
  }
  llmsnap::Subscription models;  // they outlive the gateway, whose end delivers the last events
  llmsnap::Subscription requests;
  llmsnap::Gateway gateway(std::move(*config));

  // Subscribers run on one background thread, one at a time: these need no lock.
  models = gateway.events().on_model([](const llmsnap::ModelEvent& event) {
    std::printf("%s: %s -> %s (%s)\n", event.model.c_str(),
                std::string(llmsnap::name_of(event.from)).c_str(),
                std::string(llmsnap::name_of(event.to)).c_str(), event.why.c_str());
  });
  requests = gateway.events().on_request([](const llmsnap::TrafficRecord& record) {
    std::printf("%s %s for %s: %d, %llu tokens\n", record.method.c_str(), record.path.c_str(),
                record.model.c_str(), record.status,
                static_cast<unsigned long long>(record.usage.output_tokens.value_or(0)));
  });

  // The two are in one group, so the second one makes the first one go.
  for (const char* model : {"small", "large"}) {
    llmsnap::GatewayRequest chat;
    chat.method = "POST";
    chat.target = "/v1/chat/completions";
    chat.body = std::string(R"({"model": ")") + model +
                R"(", "messages": [{"role": "user", "content": "Hello"}]})";
    llmsnap::GatewayAnswer answer = gateway.handle(chat);
    while (true) {
      const llmsnap::Result<std::string> piece = answer.next();
      if (!piece || piece->empty()) {
        break;
      }
    }
  }
}
