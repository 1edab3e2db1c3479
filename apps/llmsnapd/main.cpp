// llmsnapd: the gateway as a server. Reads the command line and the config, then serves.

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "command_line.h"
#include "llmsnap/config.h"
#include "process_limits.h"
#include "serve.h"
#include "shutdown_signals.h"

namespace {

int check(const llmsnap::Config& config) {
  for (const std::string& warning : config.warnings) {
    fmt::print(stderr, "warning: {}\n", warning);
  }
  fmt::print("config is valid: {} model{}, {} warning{}\n", config.models.size(),
             config.models.size() == 1 ? "" : "s", config.warnings.size(),
             config.warnings.size() == 1 ? "" : "s");
  return 0;
}

int run(const llmsnapd::CommandLine& options) {
  auto config = llmsnap::load_config(
      options.config, options.strict ? llmsnap::UnknownKeys::Refuse : llmsnap::UnknownKeys::Warn);
  if (!config) {
    fmt::print(stderr, "llmsnapd: {}\n", config.error().message);
    return 1;
  }
  if (options.check) {
    return check(*config);
  }
  llmsnapd::block_signals();
  llmsnapd::ignore_broken_pipes();
  llmsnapd::raise_descriptor_limit();
  return llmsnapd::serve(options, std::move(*config));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto parsed = llmsnapd::parse_command_line(arguments);
  if (const auto* ending = std::get_if<llmsnapd::Ending>(&parsed)) {
    fmt::print(ending->exit_code == 0 ? stdout : stderr, "{}", ending->text);
    return ending->exit_code;
  }
  return run(std::get<llmsnapd::CommandLine>(parsed));
}
