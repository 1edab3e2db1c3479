// Plans: what a list of edits comes to for each member of one object or array.
// Thread rule: pure functions; plans point into the edits they were made from.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmsnap::route {

/// An edit with its path taken apart. `json` is null where it deletes.
struct PathEdit {
  std::vector<std::string> path;
  const std::string* json = nullptr;
  bool if_absent = false;  ///< of what is set
};

/// Edits of one value, in order. Which level of their paths the value is on goes along as `depth`.
using PathEdits = std::vector<const PathEdit*>;

/// All edits of one member come to this: first `whole` is done to it, then `nested` to its value.
struct MemberPlan {
  enum class Whole { Kept, Deleted, Set, SetIfAbsent };

  std::string_view key;
  std::optional<std::size_t> index;  ///< of `key`, in an array
  Whole whole = Whole::Kept;
  std::string_view json;  ///< of Set and SetIfAbsent
  PathEdits nested;       ///< of all but Deleted

  std::size_t times_seen = 0;
  std::size_t last_seen = 0;  ///< ordinal of the member
};

/// In the order in which the members are first named.
std::vector<MemberPlan> member_plans(const PathEdits& edits, std::size_t depth);

/// The plan for a key, given as it is spelled in the document, or null.
MemberPlan* find_by_key(std::vector<MemberPlan>& plans, std::string_view spelled);
MemberPlan* find_by_index(std::vector<MemberPlan>& plans, std::size_t index);

bool any_sets(const PathEdits& edits);

/// True where `edit` is of the value's member as a whole, not of something within.
inline bool is_whole(const PathEdit& edit, std::size_t depth) {
  return edit.path.size() == depth + 1;
}

/// Stands for what is behind an array's last element; to delete, for the last element.
inline constexpr std::string_view EndOfArray = "-1";

/// Digits alone, no leading zero, and few: what is missing before an element is filled up.
std::optional<std::size_t> array_index(std::string_view component);

}  // namespace llmsnap::route
