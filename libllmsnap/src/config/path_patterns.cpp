#include "config/path_patterns.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>

namespace llmsnap {
namespace {

/// Of each expression with what it remembers of its matches; beyond it RE2 forgets, or is slower.
constexpr std::int64_t MostMemory = 1 << 20;

RE2::Options options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(MostMemory);
  return options;
}

}  // namespace

struct PathPatterns::Compiled {
  std::vector<std::unique_ptr<const RE2>> patterns;
};

std::optional<std::string> PathPatterns::fault_of(const std::string& pattern) {
  const RE2 compiled(pattern, options());
  return compiled.ok() ? std::nullopt : std::optional(compiled.error());
}

PathPatterns::PathPatterns(const std::vector<std::string>& patterns)
    : compiled_(std::make_unique<Compiled>()) {
  for (const std::string& pattern : patterns) {
    auto compiled = std::make_unique<const RE2>(pattern, options());
    if (compiled->ok()) {
      compiled_->patterns.push_back(std::move(compiled));
    }
  }
}

PathPatterns::~PathPatterns() = default;

bool PathPatterns::match(const std::string& path) const {
  return std::any_of(compiled_->patterns.begin(), compiled_->patterns.end(),
                     [&path](const auto& pattern) { return RE2::PartialMatch(path, *pattern); });
}

}  // namespace llmsnap
