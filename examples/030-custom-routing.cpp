// Lesson: decide in C++ which model serves a request, before names and aliases do.
#include <llmsnap/gateway.h>

#include <cstdio>
#include <string>

namespace {

/// By the name of the key. While a config has no apiKeys it is always empty; with them, who shows
/// none of them is refused before any rule is asked.
bool may_use_large(const llmsnap::RouteRequest& request) {
  return request.key_name() == "team";
}

}  // namespace

int main() {
  auto config = llmsnap::parse_config(R"(
models:
  qwen-4b: {proxy: 'http://127.0.0.1:9101'}
  qwen-32b: {proxy: 'http://127.0.0.1:9102'}
apiKeys:
  - {name: team, key: sk-team}
  - {name: guest, key: sk-guest}
)");
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 1;
  }
  llmsnap::Gateway gateway(std::move(*config));

  // Rules run on I/O threads, several at once: they must not block. The first with an opinion
  // decides, and the others are not asked about the model that it chose: each that gives the large
  // model asks who may have it. The name is the client's, so aliases would be names to ask for too.
  gateway.router().add_rule("auto is the large model for the team when it is ready",
                            [](const llmsnap::RouteRequest& request,
                               const llmsnap::RouteView& view) -> llmsnap::RouteDecision {
                              if (request.model() == "auto") {
                                return may_use_large(request) && view.is_ready("qwen-32b")
                                           ? llmsnap::use_model("qwen-32b")
                                           : llmsnap::use_model("qwen-4b");
                              }
                              return llmsnap::no_opinion();
                            });
  gateway.router().add_rule("the large model is for the team",
                            [](const llmsnap::RouteRequest& request,
                               const llmsnap::RouteView&) -> llmsnap::RouteDecision {
                              if (request.model() == "qwen-32b" && !may_use_large(request)) {
                                return llmsnap::refuse_route(llmsnap::ErrorCode::Forbidden,
                                                             "qwen-32b is for the team");
                              }
                              return llmsnap::no_opinion();
                            });

  // 502 names the model that was chosen, unless servers run on these ports.
  for (const std::string who : {"team", "guest"}) {
    for (const std::string model : {"auto", "qwen-32b", "nobody"}) {
      llmsnap::GatewayRequest chat;
      chat.method = "POST";
      chat.target = "/v1/chat/completions";
      chat.headers = {{"Authorization", "Bearer sk-" + who}};
      chat.body = R"({"model": ")" + model + R"("})";
      llmsnap::GatewayAnswer answer = gateway.handle(chat);
      const llmsnap::Result<std::string> text = answer.next();
      std::printf("%s, %s: %d %s\n", who.c_str(), model.c_str(), answer.status(),
                  text ? text->c_str() : "");
    }
  }
}
