// Uses the gateway without any server: llmsnap::core alone.
#include <llmsnap/gateway.h>

#include <cstdio>
#include <string>

int main() {
  auto config = llmsnap::parse_config("models:\n  tiny:\n    proxy: http://127.0.0.1:9\n");
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 1;
  }
  llmsnap::Gateway gateway(std::move(*config));
  llmsnap::GatewayRequest request;
  request.target = "/v1/models";
  llmsnap::GatewayAnswer answer = gateway.handle(std::move(request));
  std::string body;
  for (auto piece = answer.next(); piece && !piece->empty(); piece = answer.next()) {
    body += *piece;
  }
  std::printf("%d %s\n", answer.status(), body.c_str());
  return answer.status() == 200 && body.find("tiny") != body.npos ? 0 : 1;
}
