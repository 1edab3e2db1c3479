#include "config/matrix_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/ascii.h"
#include "base/escape.h"
#include "config/key_table.h"
#include "config/matrix.h"
#include "config/model_names.h"

namespace llmsnap {
namespace {

constexpr std::size_t MaxVarLength = 32;

struct Reading {
  const Config& config;
  MatrixConfig& matrix;
};

std::string why_no_var(std::string_view name) {
  if (name.empty() || name.size() > MaxVarLength) {
    return "a var's name has 1-32 characters";
  }
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char c) {
    return ascii::is_alphanumeric(c) || c == '-' || c == '.';
  });
  return is_plain ? "" : "a var's name has only alphanumeric, '-' or '.' characters";
}

Result<void> read_var(const Field& field, const std::string& name, Reading& out) {
  if (const std::string why = why_no_var(name); !why.empty()) {
    return field.error(why);
  }
  std::string id;
  if (auto done = field.read(id); !done) {
    return done;
  }
  if (!out.config.models.contains(id)) {
    const ModelNames names(out.config);
    const std::string* const of_alias = names.id_of(id);
    return field.error(of_alias != nullptr
                           ? fmt::format("{} is an alias of {}, and a var stands for the id",
                                         escaped(id), escaped(*of_alias))
                           : "unknown model: " + names.why_unknown(id));
  }
  out.matrix.vars.emplace_back(name, std::move(id));
  return {};
}

Result<void> read_vars(const Field& field, Reading& out) {
  if (auto mapping = field.expect_mapping(); !mapping) {
    return mapping;
  }
  AllDone done(field.diagnostics());
  for (const YamlMember& member : field.node().members) {
    done.add(read_var(field.entry(member), member.key, out));
  }
  return done.result();
}

Result<void> read_sets(const Field& field, Reading& out) {
  if (auto mapping = field.expect_mapping(); !mapping) {
    return mapping;
  }
  AllDone done(field.diagnostics());
  for (const YamlMember& member : field.node().members) {
    MatrixSet set{member.key, {}};
    done.add(field.entry(member).read(set.expression));
    out.matrix.sets.push_back(std::move(set));
  }
  return done.result();
}

/// Read after the vars, by which a cost may be named.
Result<void> read_costs(const Field& field, Reading& out) {
  if (auto mapping = field.expect_mapping(); !mapping) {
    return mapping;
  }
  AllDone done(field.diagnostics());
  for (const YamlMember& member : field.node().members) {
    const Field entry = field.entry(member);
    const auto& vars = out.matrix.vars;
    const auto var = std::find_if(vars.begin(), vars.end(), [&member](const auto& known) {
      return known.first == member.key;
    });
    const std::string id = var != vars.end() ? var->second : member.key;
    std::int64_t cost = 0;
    if (!out.config.models.contains(id)) {
      done.add(entry.error(fmt::format("unknown var or model {}", escaped(member.key))));
    } else if (!entry.read_integer(cost, {1, std::numeric_limits<int>::max()})) {
      done.add(entry.error("expected a positive integer"));
    } else if (!out.matrix.evict_costs.emplace(id, static_cast<int>(cost)).second) {
      entry.warn(fmt::format("{} has a cost already, which counts", escaped(id)));
    }
  }
  return done.result();
}

constexpr std::array<KeyRule<Reading>, 3> MatrixRules{{
    {"vars", read_vars},
    {"evict_costs", read_elsewhere},
    {"sets", read_sets},
}};

Result<void> check_sets(const Field& section, const Config& config, const MatrixConfig& matrix) {
  std::vector<std::string> ids;
  for (const auto& [id, model] : config.models) {
    ids.push_back(id);
  }
  const std::optional<Field> sets = section.child("sets");
  AllDone done(section.diagnostics());
  for (const MatrixFault& fault : Matrix::faults(matrix, ids)) {
    const bool has_place = fault.set && sets && *fault.set < sets->node().members.size();
    const Field place = has_place ? sets->entry(sets->node().members[*fault.set]) : section;
    done.add(place.error(fault.what));
  }
  return done.result();
}

}  // namespace

Result<void> read_matrix(const Field& section, const Config& config, MatrixConfig& out) {
  Reading reading{config, out};
  AllDone done(section.diagnostics());
  done.add(read_section<Reading>(section, MatrixRules, reading));
  if (const std::optional<Field> costs = section.child("evict_costs")) {
    done.add(read_costs(*costs, reading));
  }
  if (done) {
    done.add(check_sets(section, config, out));
  }
  return done.result();
}

}  // namespace llmsnap
