#include "config/selectors_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "base/escape.h"
#include "config/coexistence.h"
#include "config/key_table.h"
#include "config/listing_keys.h"
#include "config/name_text.h"
#include "config/target_names.h"

namespace llmsnap {
namespace {

constexpr std::string_view StrategyRequired = "strategy is required";
constexpr std::string_view TargetsRequired = "targets must contain at least one entry";

constexpr std::array Strategies{SelectorStrategy::Warm, SelectorStrategy::Pin,
                                SelectorStrategy::Spillover};

struct Reading {
  SelectorConfig& selector;
  std::optional<SelectorStrategy> strategy;  ///< absent where it is wrong
};

Result<void> read_strategy(const Field& field, Reading& out) {
  std::string text;
  if (auto done = field.read(text); !done) {
    return done;
  }
  if (text.empty()) {
    return field.error(StrategyRequired);
  }
  for (const SelectorStrategy strategy : Strategies) {
    if (text == name_of(strategy)) {
      out.strategy = out.selector.strategy = strategy;
      return {};
    }
  }
  return field.error(
      fmt::format("unknown strategy \"{}\", known: warm, pin, spillover", escaped(text)));
}

Result<void> read_targets(const Field& field, Reading& out) {
  auto done = field.read(out.selector.target_names);
  return done && out.selector.target_names.empty() ? field.error(TargetsRequired) : done;
}

Result<void> read_spillover(const Field& field, Reading& out) {
  std::int64_t number = 0;
  constexpr Range Any{std::numeric_limits<int>::min(), std::numeric_limits<int>::max()};
  auto done = field.read_integer(number, Any);
  if (done && number < 1) {
    return field.error(fmt::format("settings.spillover must be >= 1, found {}", number));
  }
  if (done) {
    out.selector.spillover = static_cast<int>(number);
  }
  return done;
}

constexpr std::array<KeyRule<Reading>, 1> SettingsRules{{{"spillover", read_spillover}}};

constexpr std::array<KeyRule<Reading>, 7> SelectorRules{{
    {"strategy", read_strategy},
    {"targets", read_targets},
    {"settings",
     [](const Field& f, Reading& r) { return read_section<Reading>(f, SettingsRules, r); }},
    {"name", [](const Field& f, Reading& r) { return f.read(r.selector.name); }},
    {"description", [](const Field& f, Reading& r) { return f.read(r.selector.description); }},
    {"unlisted", [](const Field& f, Reading& r) { return f.read(r.selector.unlisted); }},
    {"metadata", [](const Field& f, Reading& r) { return read_metadata(f, r.selector.metadata); }},
}};

/// What all selectors of a section are checked against.
struct Known {
  explicit Known(const Config& loaded) : config(loaded), names(loaded), coexistence(loaded) {}

  const Config& config;
  TargetNames names;
  Coexistence coexistence;
};

Result<void> check_id(const Field& field, const std::string& id, const Known& known) {
  if (is_blank(id)) {
    return field.error("selector names cannot be empty");
  }
  if (has_control_byte(id)) {
    return field.error("a selector's name must not hold control characters");
  }
  if (known.config.models.contains(id)) {
    return field.error(fmt::format("name conflicts with model ID {}", escaped(id)));
  }
  if (const std::string* model = known.names.models().id_of(id)) {
    return field.error(fmt::format("name conflicts with model alias {}, which stands for {}",
                                   escaped(id), escaped(*model)));
  }
  return known.names.peers().find_qualified(id) == nullptr
             ? Result<void>()
             : field.error(fmt::format("name conflicts with fully qualified peer model name {}",
                                       escaped(id)));
}

Result<void> resolve_target(const Field& place, const std::string& name, const Field& section,
                            const Known& known, Reading& out) {
  if (section.node().find(name) != nullptr && known.names.models().id_of(name) == nullptr) {
    return place.error(fmt::format("references selector \"{}\"; selector chaining is not supported",
                                   escaped(name)));
  }
  const std::string* target = known.names.find(name);
  if (target == nullptr) {
    return place.error(known.names.why_unknown(name));
  }
  if (out.strategy == SelectorStrategy::Warm && !known.config.models.contains(*target)) {
    return place.error(fmt::format(
        "{} must resolve to a local model for strategy \"warm\", it is a peer's", escaped(name)));
  }
  std::vector<std::string>& targets = out.selector.targets;
  if (out.strategy == SelectorStrategy::Spillover &&
      std::find(targets.begin(), targets.end(), *target) != targets.end()) {
    return place.error(fmt::format("duplicate resolved model \"{}\"", escaped(*target)));
  }
  targets.push_back(*target);
  return {};
}

Result<void> resolve_targets(const Field& field, const Field& section, const Known& known,
                             Reading& out) {
  AllDone done(field.diagnostics());
  const std::optional<Field> targets = field.child("targets");
  const std::vector<Field> places = targets ? targets->texts() : std::vector<Field>();
  for (std::size_t index = 0; index < out.selector.target_names.size(); ++index) {
    done.add(resolve_target(places[index], out.selector.target_names[index], section, known, out));
  }
  return done.result();
}

Result<void> check_coexistence(const Field& field, const Known& known, const Reading& reading) {
  if (reading.strategy != SelectorStrategy::Spillover) {
    return {};
  }
  std::vector<std::string> local;
  for (const std::string& target : reading.selector.targets) {
    if (known.config.models.contains(target)) {
      local.push_back(target);
    }
  }
  const std::string why = known.coexistence.why_not_together(local);
  return why.empty() ? Result<void>() : field.error(why);
}

Result<void> read_selector(const Field& field, const Field& section, const Known& known,
                           SelectorConfig& selector) {
  AllDone done(field.diagnostics());
  done.add(check_id(field, selector.id, known));
  if (!field.is_null() && !field.is_mapping()) {
    done.add(field.expect_mapping());
    return done.result();
  }
  Reading reading{selector, {}};
  if (!field.is_null()) {
    done.add(read_section<Reading>(field, SelectorRules, reading));
  }
  if (!field.has("strategy")) {
    done.add(field.error(StrategyRequired));
  }
  if (!field.has("targets")) {
    done.add(field.error(TargetsRequired));
  }
  done.add(resolve_targets(field, section, known, reading));
  if (done) {
    done.add(check_coexistence(field, known, reading));
  }
  return done.result();
}

}  // namespace

std::string_view name_of(SelectorStrategy strategy) {
  switch (strategy) {
    case SelectorStrategy::Warm:
      return "warm";
    case SelectorStrategy::Pin:
      return "pin";
    case SelectorStrategy::Spillover:
      return "spillover";
  }
  return "";
}

Result<void> read_selectors(const Field& section, Config& out) {
  if (auto mapping = section.expect_mapping(); !mapping) {
    return mapping;
  }
  const Known known(out);
  AllDone done(section.diagnostics());
  for (const YamlMember& member : section.node().members) {
    SelectorConfig selector;
    selector.id = member.key;
    done.add(read_selector(section.entry(member), section, known, selector));
    out.selectors.emplace(member.key, std::move(selector));
  }
  return done.result();
}

}  // namespace llmsnap
