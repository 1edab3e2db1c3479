#include "config/groups_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/escape.h"
#include "config/key_table.h"
#include "config/model_groups.h"
#include "config/nearest_key.h"

namespace llmsnap {
namespace {

using IdOfName = std::map<std::string, std::string, std::less<>>;

// By id and by alias; an id wins.
IdOfName ids_of_names(const Config& config) {
  IdOfName ids;
  for (const auto& [id, model] : config.models) {
    ids.emplace(id, id);
  }
  for (const auto& [id, model] : config.models) {
    for (const std::string& alias : model.aliases) {
      ids.emplace(alias, id);
    }
  }
  return ids;
}

constexpr std::array<KeyRule<GroupConfig>, 4> GroupRules{{
    {"swap", [](const Field& f, GroupConfig& g) { return f.read(g.swap); }},
    {"exclusive", [](const Field& f, GroupConfig& g) { return f.read(g.exclusive); }},
    {"persistent", [](const Field& f, GroupConfig& g) { return f.read(g.persistent); }},
    {"members", [](const Field& f, GroupConfig& g) { return f.read(g.members); }},
}};

// Turns names into ids. `place` says where a member was written.
class MemberCheck {
 public:
  explicit MemberCheck(const Config& config) : ids_(ids_of_names(config)) {}

  Result<void> resolve(const Field& place, GroupConfig& group, std::string& member) {
    const auto found = ids_.find(member);
    if (found == ids_.end()) {
      return place.error(unknown(member));
    }
    const auto [other, is_new] = group_of_.emplace(found->second, group.name);
    if (!is_new) {
      return place.error(other->second == group.name
                             ? fmt::format("duplicate model member {}", escaped(found->second))
                             : fmt::format("{} is used in multiple groups, first in {}",
                                           escaped(found->second), escaped(other->second)));
    }
    member = found->second;
    return {};
  }

 private:
  std::string unknown(std::string_view member) const {
    std::vector<std::string_view> names;
    for (const auto& [name, id] : ids_) {
      names.push_back(name);
    }
    const auto nearest = nearest_key(member, names);
    return fmt::format("no model has the id or alias {}{}", escaped(member),
                       nearest ? fmt::format(", did you mean {}?", escaped(*nearest)) : "");
  }

  IdOfName ids_;
  std::map<std::string, std::string> group_of_;
};

Result<void> read_group(const Field& field, MemberCheck& check, GroupConfig& group) {
  if (field.is_null()) {
    return {};
  }
  if (auto done = read_section<GroupConfig>(field, GroupRules, group); !done) {
    return done;
  }
  for (const YamlMember& key : field.node().members) {
    if (key.key != "members") {
      continue;
    }
    const Field members = field.key(key);
    for (std::size_t index = 0; index < group.members.size(); ++index) {
      const bool is_list = !members.node().items.empty();
      if (auto done =
              check.resolve(is_list ? members.item(index) : members, group, group.members[index]);
          !done) {
        return done;
      }
    }
  }
  return {};
}

Result<void> read_use(const Field& field, Config&) {
  std::string use;
  if (auto done = field.read(use); !done) {
    return done;
  }
  if (use == "matrix") {
    field.not_supported();
  } else if (use != "group") {
    return field.error(fmt::format("unknown router \"{}\", known: group, matrix", escaped(use)));
  }
  return {};
}

Result<void> read_groups_of_settings(const Field& field, Config& out) {
  return out.groups.empty()
             ? read_groups(field, out)
             : field.error("there are groups at the top level too: migrate them to one place");
}

constexpr std::array<KeyRule<Config>, 2> SettingsRules{{
    {"groups", read_groups_of_settings},
    {"matrix", not_supported_yet},
}};

constexpr std::array<KeyRule<Config>, 2> RouterRules{{
    {"use", read_use},
    {"settings",
     [](const Field& f, Config& c) { return read_section<Config>(f, SettingsRules, c); }},
}};

constexpr std::array<KeyRule<Config>, 2> RoutingRules{{
    {"router", [](const Field& f, Config& c) { return read_section<Config>(f, RouterRules, c); }},
    {"scheduler", not_supported_yet},
}};

}  // namespace

Result<void> read_groups(const Field& section, Config& out) {
  if (auto mapping = section.expect_mapping(); !mapping) {
    return mapping;
  }
  MemberCheck check(out);
  for (const YamlMember& member : section.node().members) {
    const Field field = section.entry(member);
    if (member.key == DefaultGroup) {
      field.warn(
          "without effect: this group is made of the models that are in no other one, choose "
          "another name");
      continue;
    }
    GroupConfig group;
    group.name = member.key;
    if (auto done = read_group(field, check, group); !done) {
      return done;
    }
    out.groups.push_back(std::move(group));
  }
  return {};
}

Result<void> read_routing(const Field& section, Config& out) {
  return read_section<Config>(section, RoutingRules, out);
}

}  // namespace llmsnap
