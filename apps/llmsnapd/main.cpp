// llmsnapd: the gateway as a server. Reads the command line and the config, then serves.

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "command_line.h"
#include "config_watch.h"
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

std::string count_of(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

void say_problems(const llmsnap::CheckedConfig& checked) {
  for (const std::string& error : checked.errors) {
    say(stderr, "error: " + error + '\n');
  }
  for (const std::string& warning : checked.warnings) {
    say(stderr, "warning: " + warning + '\n');
  }
}

int check(const llmsnap::CheckedConfig& checked, bool resolved) {
  say_problems(checked);
  if (!checked.config) {
    say(stderr,
        fmt::format("config is not valid: {}, {}\n", count_of(checked.errors.size(), "error"),
                    count_of(checked.warnings.size(), "warning")));
    return printed(1);
  }
  say(stdout, resolved ? llmsnap::resolved_json(*checked.config) + '\n'
                       : fmt::format("config is valid: {}, {}\n",
                                     count_of(checked.config->models.size(), "model"),
                                     count_of(checked.warnings.size(), "warning")));
  return printed(0);
}

int run(const llmsnapd::CommandLine& options) {
  // Before the config is read: what changes while we start is news too.
  std::optional<llmsnapd::ConfigWatch> watch;
  if (options.watch_config && !options.check) {
    watch.emplace(llmsnapd::sources_of(options));
  }
  auto checked = llmsnapd::read_config(options, nullptr);
  if (options.check) {
    return check(checked, options.resolved);
  }
  if (!checked.config) {
    for (const std::string& error : checked.errors) {
      say(stderr, "llmsnapd: " + error + '\n');
    }
    return 1;
  }
  llmsnapd::block_signals();
  llmsnapd::ignore_broken_pipes();
  llmsnapd::raise_descriptor_limit();
  llmsnapd::become_subreaper();
  return llmsnapd::serve(options, std::move(*checked.config),
                         llmsnapd::ServiceManager::from_environment(), watch ? &*watch : nullptr);
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
