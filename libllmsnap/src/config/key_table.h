// read_section: reads a mapping with fixed keys by a table: what is known, what reads it, what
// comes later. Thread rule: used by the thread that loads; tables are constants.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "config/field.h"
#include "llmsnap/result.h"

namespace llmsnap {

template <typename T>
struct KeyRule {
  std::string_view key;
  Result<void> (*read)(const Field& field, T& out);
};

/// A key with this reader is read apart from the others, by whoever reads the section.
template <typename T>
Result<void> read_elsewhere(const Field&, T&) {
  return {};
}

/// What is done about a key that no rule is about: what Field::unknown does, or it is an error.
enum class Unknown { Told, Refused };

/// Reads the keys in file order into `out`, also those behind one that is wrong. A key without a
/// value counts as absent.
template <typename T>
Result<void> read_section(const Field& section, std::span<const KeyRule<T>> rules, T& out,
                          Unknown unknown = Unknown::Told) {
  if (auto mapping = section.expect_mapping(); !mapping) {
    return mapping;
  }
  std::vector<std::string_view> known;
  for (const KeyRule<T>& rule : rules) {
    known.push_back(rule.key);
  }
  section.note_known(known);
  AllDone done(section.diagnostics());
  for (const YamlMember& member : section.node().members) {
    const Field field = section.key(member);
    const auto found = std::find_if(rules.begin(), rules.end(), [&member](const KeyRule<T>& rule) {
      return rule.key == member.key;
    });
    if (found == rules.end()) {
      done.add(unknown == Unknown::Told ? field.unknown(member.key, known)
                                        : field.error("unknown key"));
    } else if (!field.is_null()) {
      done.add(found->read(field, out));
    }
  }
  return done.result();
}

}  // namespace llmsnap
