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

/// fmt::print throws where the stream cannot be written; then there is nobody to tell.
void say(std::FILE* stream, const std::string& text) {
  std::fputs(text.c_str(), stream);
}

/// The exit code of a run whose result is what it printed.
int printed(int exit_code) {
  return std::fflush(stdout) == 0 ? exit_code : 1;
}

int check(const llmsnap::Config& config) {
  for (const std::string& warning : config.warnings) {
    say(stderr, "warning: " + warning + '\n');
  }
  say(stdout, fmt::format("config is valid: {} model{}, {} warning{}\n", config.models.size(),
                          config.models.size() == 1 ? "" : "s", config.warnings.size(),
                          config.warnings.size() == 1 ? "" : "s"));
  return printed(0);
}

int run(const llmsnapd::CommandLine& options) {
  auto config = llmsnap::load_config(
      options.config, options.strict ? llmsnap::UnknownKeys::Refuse : llmsnap::UnknownKeys::Warn);
  if (!config) {
    say(stderr, "llmsnapd: " + config.error().message + '\n');
    return 1;
  }
  if (options.check) {
    return check(*config);
  }
  llmsnapd::block_signals();
  llmsnapd::ignore_broken_pipes();
  llmsnapd::raise_descriptor_limit();
  llmsnapd::become_subreaper();
  return llmsnapd::serve(options, std::move(*config));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto parsed = llmsnapd::parse_command_line(arguments);
  if (const auto* ending = std::get_if<llmsnapd::Ending>(&parsed)) {
    say(ending->exit_code == 0 ? stdout : stderr, ending->text);
    return printed(ending->exit_code);
  }
  return run(std::get<llmsnapd::CommandLine>(parsed));
}
