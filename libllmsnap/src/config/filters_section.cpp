#include "config/filters_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/ascii.h"
#include "base/escape.h"
#include "config/key_table.h"
#include "config/name_text.h"
#include "config/yaml_json.h"

namespace llmsnap {
namespace {

constexpr std::string_view Untouchable = "model";
/// Behind the name of a parameter that is set only where the request has none.
constexpr std::string_view IfAbsent = "?";

void add_params(std::string_view list, std::vector<std::string>& out) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view param = ascii::trimmed(list.substr(0, comma), ascii::is_space);
    if (!param.empty() && param != Untouchable) {
      out.emplace_back(param);
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

Result<void> read_strip_params(const Field& field, FilterConfig& out) {
  std::vector<std::string> lists;
  if (auto done = field.read(lists); !done) {
    return done;
  }
  std::vector<std::string> params;
  for (const std::string& list : lists) {
    add_params(list, params);
  }
  std::sort(params.begin(), params.end());
  params.erase(std::unique(params.begin(), params.end()), params.end());
  if (!params.empty()) {
    out.strip_params = std::move(params);
  }
  return {};
}

/// The older spelling, which counts where the newer one says nothing.
Result<void> read_legacy_strip_params(const Field& field, FilterConfig& out) {
  return out.strip_params.empty() ? read_strip_params(field, out) : Result<void>();
}

Result<void> read_params(const Field& field, std::vector<SetParam>& out) {
  if (auto mapping = field.expect_mapping(); !mapping) {
    return mapping;
  }
  AllDone done(field.diagnostics());
  for (const YamlMember& member : field.node().members) {
    if (member.key == Untouchable) {
      continue;
    }
    const Field value = field.entry(member);
    std::string_view path = member.key;
    const bool if_absent = path.ends_with(IfAbsent);
    path.remove_suffix(if_absent ? IfAbsent.size() : 0);
    if (path.empty()) {
      done.add(value.error("expected the name of a parameter"));
      continue;
    }
    auto json = json_of(value);
    if (json && path != Untouchable) {
      out.push_back({std::string(path), std::move(*json), if_absent});
    } else if (!json) {
      done.add(json.error());
    }
  }
  std::sort(out.begin(), out.end(), [](const SetParam& a, const SetParam& b) {
    return std::tie(a.path, a.if_absent) < std::tie(b.path, b.if_absent);
  });
  return done.result();
}

Result<void> read_set_params(const Field& field, FilterConfig& out) {
  return read_params(field, out.set_params);
}

Result<void> read_set_params_by_id(const Field& field, FilterConfig& out) {
  if (auto mapping = field.expect_mapping(); !mapping) {
    return mapping;
  }
  AllDone done(field.diagnostics());
  for (const YamlMember& member : field.node().members) {
    const Field entry = field.entry(member);
    if (is_blank(member.key) || has_control_byte(member.key)) {
      done.add(entry.error("a name must not be empty or hold control characters"));
      continue;
    }
    const auto [place, is_new] = out.set_params_by_id.try_emplace(member.key);
    if (!is_new) {
      done.add(entry.error(fmt::format(
          "two keys resolve to the same value \"{}\" with macros expanded", escaped(member.key))));
    } else if (!entry.is_null()) {
      done.add(read_params(entry, place->second));
    }
  }
  return done.result();
}

constexpr std::array<KeyRule<FilterConfig>, 4> FilterRules{{
    {"stripParams", read_strip_params},
    {"strip_params", read_legacy_strip_params},
    {"setParams", read_set_params},
    {"setParamsByID", read_set_params_by_id},
}};

}  // namespace

Result<void> read_filters(const Field& section, FilterConfig& out) {
  return read_section<FilterConfig>(section, FilterRules, out);
}

}  // namespace llmsnap
