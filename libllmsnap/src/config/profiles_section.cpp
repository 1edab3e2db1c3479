#include "config/profiles_section.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/escape.h"
#include "config/key_table.h"
#include "config/name_text.h"
#include "config/target_names.h"

namespace llmsnap {
namespace {

constexpr std::string_view PinsRequired = "pins must contain at least one entry";

struct Reading {
  const Config& config;
  const TargetNames& names;
  ProfileConfig& profile;
};

Result<void> check_pin(const Field& entry, const std::string& pin, const Reading& reading) {
  if (is_blank(pin) || has_control_byte(pin)) {
    return entry.error("a pin's name cannot be blank or hold control characters");
  }
  return reading.names.peers().find_qualified(pin) == nullptr
             ? Result<void>()
             : entry.error(fmt::format("pin {} conflicts with fully qualified peer model name {}",
                                       escaped(pin), escaped(pin)));
}

Result<void> read_target(const Field& entry, const std::string& pin, Reading& out) {
  std::string target;
  if (!entry.is_null()) {
    if (auto done = entry.read(target); !done) {
      return done;
    }
  }
  const bool is_known =
      target.empty() || out.config.selectors.contains(target) || out.names.find(target) != nullptr;
  if (!is_known) {
    return entry.error(out.names.why_unknown(target));
  }
  out.profile.pins.emplace(pin, std::move(target));
  return {};
}

Result<void> read_pins(const Field& field, Reading& out) {
  if (auto mapping = field.expect_mapping(); !mapping) {
    return mapping;
  }
  if (field.node().members.empty()) {
    return field.error(PinsRequired);
  }
  AllDone done(field.diagnostics());
  for (const YamlMember& member : field.node().members) {
    const Field entry = field.entry(member);
    done.add(check_pin(entry, member.key, out));
    done.add(read_target(entry, member.key, out));
  }
  return done.result();
}

constexpr std::array<KeyRule<Reading>, 2> ProfileRules{{
    {"description", [](const Field& f, Reading& r) { return f.read(r.profile.description); }},
    {"pins", read_pins},
}};

Result<void> read_profile(const Field& field, Reading& out) {
  AllDone done(field.diagnostics());
  if (is_blank(out.profile.name) || has_control_byte(out.profile.name)) {
    done.add(field.error("a profile's name cannot be blank or hold control characters"));
  }
  if (field.node().kind == YamlNode::Kind::Sequence) {
    done.add(
        field.error("legacy list syntax: a profile has pins now, a mapping of the names that "
                    "requests use to what they stand for"));
    return done.result();
  }
  if (!field.is_null()) {
    if (auto mapping = field.expect_mapping(); !mapping) {
      done.add(std::move(mapping));
      return done.result();
    }
    done.add(read_section<Reading>(field, ProfileRules, out));
  }
  if (!field.has("pins")) {
    done.add(field.error(PinsRequired));
  }
  return done.result();
}

}  // namespace

Result<void> read_profiles(const Field& section, Config& out) {
  if (auto mapping = section.expect_mapping(); !mapping) {
    return mapping;
  }
  const TargetNames names(out);
  AllDone done(section.diagnostics());
  for (const YamlMember& member : section.node().members) {
    ProfileConfig profile;
    profile.name = member.key;
    Reading reading{out, names, profile};
    done.add(read_profile(section.entry(member), reading));
    out.profiles.emplace(member.key, std::move(profile));
  }
  return done.result();
}

}  // namespace llmsnap
