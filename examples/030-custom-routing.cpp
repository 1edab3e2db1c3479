// Lesson: decide in C++ which model serves a request, before names and aliases do.
#include <llmsnap/gateway.h>

#include <cstdio>

int main() {
  auto config = llmsnap::parse_config(R"(
models:
  qwen-4b: {proxy: 'http://127.0.0.1:9101'}
  qwen-32b: {proxy: 'http://127.0.0.1:9102'}
)");
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 1;
  }
  llmsnap::Gateway gateway(std::move(*config));

  // Rules run on I/O threads, several at once: they must not block.
  gateway.router().add_rule("auto takes the large model when it is ready",
                            [](const llmsnap::RouteRequest& request,
                               const llmsnap::RouteView& view) -> llmsnap::RouteDecision {
                              if (request.model() == "auto") {
                                return view.is_ready("qwen-32b") ? llmsnap::use_model("qwen-32b")
                                                                 : llmsnap::use_model("qwen-4b");
                              }
                              return llmsnap::no_opinion();
                            });
  gateway.router().add_rule("the large model is for people with a key",
                            [](const llmsnap::RouteRequest& request,
                               const llmsnap::RouteView&) -> llmsnap::RouteDecision {
                              if (request.model() == "qwen-32b" && request.key_name().empty()) {
                                return llmsnap::refuse_route(llmsnap::ErrorCode::Forbidden,
                                                             "qwen-32b needs a key");
                              }
                              return llmsnap::no_opinion();
                            });

  for (const char* model : {"auto", "qwen-32b", "nobody"}) {
    llmsnap::GatewayRequest chat;
    chat.method = "POST";
    chat.target = "/v1/chat/completions";
    chat.body = std::string(R"({"model": ")") + model + R"("})";
    llmsnap::GatewayAnswer answer = gateway.handle(chat);
    const llmsnap::Result<std::string> text = answer.next();
    std::printf("%s: %d %s\n", model, answer.status(), text ? text->c_str() : "");
  }
}
