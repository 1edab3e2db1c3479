#include "config/upstream_section.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/escape.h"
#include "config/key_table.h"
#include "config/path_patterns.h"

namespace llmsnap {
namespace {

Result<void> read_pattern(const Field& field, std::string& out) {
  if (auto done = field.read(out); !done) {
    return done;
  }
  if (const auto fault = PathPatterns::fault_of(out)) {
    return field.error(
        fmt::format("invalid regular expression \"{}\": {}", escaped(out), escaped(*fault)));
  }
  return {};
}

/// An empty list means the default, as in llmsnap.
Result<void> read_ignore_paths(const Field& field, Config& out) {
  if (auto given = field.expect_texts(); !given) {
    return given;
  }
  std::vector<std::string> patterns;
  AllDone done(field.diagnostics());
  for (const Field& pattern : field.texts()) {
    done.add(read_pattern(pattern, patterns.emplace_back()));
  }
  if (!patterns.empty()) {
    out.ignore_paths = std::move(patterns);
  }
  return done.result();
}

constexpr std::array<KeyRule<Config>, 2> UpstreamRules{{
    {"ignorePaths", read_ignore_paths},
    {"sandbox", [](const Field& f, Config& c) { return f.read(c.sandbox_upstream); }},
}};

}  // namespace

Result<void> read_upstream(const Field& section, Config& out) {
  return read_section<Config>(section, UpstreamRules, out);
}

}  // namespace llmsnap
