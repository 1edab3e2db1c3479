#include "config/groups_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/escape.h"
#include "config/key_table.h"
#include "config/matrix_section.h"
#include "config/model_groups.h"
#include "config/model_names.h"
#include "config/residency_keys.h"

namespace llmsnap {
namespace {

constexpr std::array<KeyRule<GroupConfig>, 4> GroupRules{{
    {"swap", [](const Field& f, GroupConfig& g) { return f.read(g.swap); }},
    {"exclusive", [](const Field& f, GroupConfig& g) { return f.read(g.exclusive); }},
    {"persistent", [](const Field& f, GroupConfig& g) { return f.read(g.persistent); }},
    {"members", [](const Field& f, GroupConfig& g) { return f.read(g.members); }},
}};

// Turns names into ids. `place` says where a member was written.
class MemberCheck {
 public:
  explicit MemberCheck(const Config& config) : names_(config) {}

  Result<void> resolve(const Field& place, GroupConfig& group, std::string& member) {
    const std::string* id = names_.id_of(member);
    if (id == nullptr) {
      return place.error(names_.why_unknown(member));
    }
    const auto [other, is_new] = group_of_.emplace(*id, group.name);
    if (!is_new) {
      return place.error(other->second == group.name
                             ? fmt::format("duplicate model member {}", escaped(*id))
                             : fmt::format("{} is used in multiple groups, first in {}",
                                           escaped(*id), escaped(other->second)));
    }
    member = *id;
    return {};
  }

 private:
  ModelNames names_;
  std::map<std::string, std::string> group_of_;
};

Result<void> read_group(const Field& field, MemberCheck& check, GroupConfig& group) {
  if (field.is_null()) {
    return {};
  }
  AllDone done(field.diagnostics());
  done.add(read_section<GroupConfig>(field, GroupRules, group));
  const std::optional<Field> members = field.child("members");
  const std::vector<Field> places = members ? members->texts() : std::vector<Field>();
  for (std::size_t index = 0; index < group.members.size(); ++index) {
    done.add(check.resolve(places[index], group, group.members[index]));
  }
  return done.result();
}

/// `routing.router`: both kinds of rules may be there, `use` says which hold. The others are not
/// looked at, whatever they name.
struct Router {
  bool use_matrix = false;
  std::optional<Field> groups;
  std::optional<Field> matrix;
};

Result<void> read_use(const Field& field, Router& out) {
  std::string use;
  if (auto done = field.read(use); !done) {
    return done;
  }
  out.use_matrix = use == "matrix";
  return out.use_matrix || use == "group"
             ? Result<void>()
             : field.error(
                   fmt::format("unknown router \"{}\", known: group, matrix", escaped(use)));
}

template <std::optional<Field> Router::*Place>
Result<void> keep_for_later(const Field& field, Router& out) {
  (out.*Place).emplace(field);
  return {};
}

constexpr std::array<KeyRule<Router>, 2> SettingsRules{{
    {"groups", keep_for_later<&Router::groups>},
    {"matrix", keep_for_later<&Router::matrix>},
}};

constexpr std::array<KeyRule<Router>, 2> RouterRules{{
    {"use", read_use},
    {"settings",
     [](const Field& f, Router& r) { return read_section<Router>(f, SettingsRules, r); }},
}};

Result<void> read_router(const Field& field, Config& out) {
  if (!out.groups.empty() || out.matrix) {
    return field.error(
        "there are groups or a matrix at the top level too: migrate them to one place");
  }
  Router router;
  if (auto done = read_section<Router>(field, RouterRules, router); !done) {
    return done;
  }
  if (!router.use_matrix) {
    return router.groups ? read_groups(*router.groups, out) : Result<void>();
  }
  return router.matrix
             ? read_matrix(*router.matrix, out, out.matrix.emplace())
             : field.error("routing.router.settings.matrix is not set, and use says matrix");
}

Result<void> read_scheduler(const Field& field, Config&) {
  std::string use;
  if (auto done = field.read(use); !done) {
    return done;
  }
  return use == "fifo"
             ? Result<void>()
             : field.error(fmt::format("unknown scheduler \"{}\", known: fifo", escaped(use)));
}

/// The other spelling of a model's `priority`.
Result<void> read_priorities(const Field& field, Config& out) {
  if (auto mapping = field.expect_mapping(); !mapping) {
    return mapping;
  }
  const ModelNames names(out);
  AllDone done(field.diagnostics());
  for (const YamlMember& member : field.node().members) {
    const Field entry = field.entry(member);
    const std::string* id = names.id_of(member.key);
    ModelConfig read;
    if (id == nullptr) {
      done.add(entry.error("unknown model: " + names.why_unknown(member.key)));
    } else if (auto priority = read_priority(entry, read); !priority) {
      done.add(std::move(priority));
    } else if (ModelConfig& model = out.models[*id];
               model.priority != 0 && model.priority != read.priority) {
      done.add(
          entry.error(fmt::format("{} has priority {} already", escaped(*id), model.priority)));
    } else {
      model.priority = read.priority;
    }
  }
  return done.result();
}

constexpr std::array<KeyRule<Config>, 1> FifoRules{{{"priority", read_priorities}}};

constexpr std::array<KeyRule<Config>, 1> SchedulerSettingsRules{{
    {"fifo", [](const Field& f, Config& c) { return read_section<Config>(f, FifoRules, c); }},
}};

constexpr std::array<KeyRule<Config>, 2> SchedulerRules{{
    {"use", read_scheduler},
    {"settings",
     [](const Field& f, Config& c) { return read_section<Config>(f, SchedulerSettingsRules, c); }},
}};

constexpr std::array<KeyRule<Config>, 2> RoutingRules{{
    {"router", read_router},
    {"scheduler",
     [](const Field& f, Config& c) { return read_section<Config>(f, SchedulerRules, c); }},
}};

}  // namespace

Result<void> read_groups(const Field& section, Config& out) {
  if (auto mapping = section.expect_mapping(); !mapping) {
    return mapping;
  }
  MemberCheck check(out);
  AllDone done(section.diagnostics());
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
    done.add(read_group(field, check, group));
    out.groups.push_back(std::move(group));
  }
  return done.result();
}

Result<void> read_top_matrix(const Field& section, Config& out) {
  return out.groups.empty() ? read_matrix(section, out, out.matrix.emplace())
                            : section.error("cannot use both groups and a matrix");
}

Result<void> read_routing(const Field& section, Config& out) {
  return read_section<Config>(section, RoutingRules, out);
}

}  // namespace llmsnap
