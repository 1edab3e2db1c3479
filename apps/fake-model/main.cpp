// fake-model: a tiny OpenAI-style server for demos and tests.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "model.h"
#include "routes.h"
#include "server.h"

namespace {

// The usual soft limit of 1,024 descriptors is less than a gateway may open to us.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A tiny OpenAI-style server for demos and tests", "fake-model");
  std::string address = "127.0.0.1:9898";
  fake_model::Model model;
  std::int64_t load_ms = 0;
  app.add_option("--listen", address, "IPv4 address and port; port 0 = one of the kernel's choice")
      ->capture_default_str();
  app.add_option("--name", model.name, "the model's name")->capture_default_str();
  app.add_option("--tokens", model.tokens, "length of an answer")->capture_default_str();
  app.add_option("--tokens-per-second", model.tokens_per_second, "pace; 0 = as fast as it goes")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--load-ms", load_ms, "answers 503 for this long after the start")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  model.ready_at = std::chrono::steady_clock::now() + std::chrono::milliseconds(load_ms);

  raise_descriptor_limit();

  fake_model::Server server(
      [&model](const fake_model::Request& request) { return fake_model::route(model, request); });
  std::string why;
  const std::string bound = server.listen(address, why);
  if (bound.empty()) {
    fmt::print(stderr, "fake-model: cannot listen on {}: {}\n", address, why);
    return 1;
  }
  fmt::print("listening on {}\n", bound);
  std::fflush(stdout);
  server.run();
}
