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
  std::vector<std::string> patterns;
  AllDone done(field.diagnostics());
  if (field.node().kind == YamlNode::Kind::Scalar) {
    done.add(read_pattern(field, patterns.emplace_back()));
  } else if (auto list = field.expect_list(); !list) {
    return list;
  }
  for (std::size_t index = 0; index < field.node().items.size(); ++index) {
    done.add(read_pattern(field.item(index), patterns.emplace_back()));
  }
  if (!patterns.empty()) {
    out.ignore_paths = std::move(patterns);
  }
  return done.result();
}

constexpr std::array<KeyRule<Config>, 1> UpstreamRules{{{"ignorePaths", read_ignore_paths}}};

}  // namespace

Result<void> read_upstream(const Field& section, Config& out) {
  return read_section<Config>(section, UpstreamRules, out);
}

}  // namespace llmsnap
