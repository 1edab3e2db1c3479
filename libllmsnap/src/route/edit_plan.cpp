#include "route/edit_plan.h"

#include <algorithm>

#include "base/ascii.h"
#include "route/json_string.h"

namespace llmsnap::route {
namespace {

constexpr std::size_t MaxIndexDigits = 4;
constexpr std::string_view EmptyObject = "{}";

MemberPlan& plan_of(std::vector<MemberPlan>& plans, std::string_view key) {
  for (MemberPlan& plan : plans) {
    if (plan.key == key) {
      return plan;
    }
  }
  MemberPlan& plan = plans.emplace_back();
  plan.key = key;
  plan.index = array_index(key);
  return plan;
}

void add_if_absent(MemberPlan& plan, const PathEdit& edit) {
  if (plan.whole == MemberPlan::Whole::Deleted) {
    plan.whole = MemberPlan::Whole::Set;
    plan.json = *edit.json;
  } else if (plan.whole == MemberPlan::Whole::Kept && !any_sets(plan.nested)) {
    plan.whole = MemberPlan::Whole::SetIfAbsent;
    plan.json = *edit.json;
  }
}

void add(MemberPlan& plan, const PathEdit& edit, std::size_t depth) {
  if (!is_whole(edit, depth)) {
    plan.nested.push_back(&edit);
    return;
  }
  if (edit.json != nullptr && edit.if_absent) {
    add_if_absent(plan, edit);
    return;
  }
  // Whatever earlier edits made of the value is gone.
  plan.nested.clear();
  plan.whole = edit.json != nullptr ? MemberPlan::Whole::Set : MemberPlan::Whole::Deleted;
  plan.json = edit.json != nullptr ? std::string_view(*edit.json) : std::string_view();
}

}  // namespace

std::vector<MemberPlan> member_plans(const PathEdits& edits, std::size_t depth) {
  std::vector<MemberPlan> plans;
  plans.reserve(edits.size());
  for (const PathEdit* edit : edits) {
    add(plan_of(plans, edit->path[depth]), *edit, depth);
  }
  for (MemberPlan& plan : plans) {
    if (plan.whole == MemberPlan::Whole::Deleted && any_sets(plan.nested)) {
      plan.whole = MemberPlan::Whole::Set;
      plan.json = EmptyObject;
    }
  }
  return plans;
}

MemberPlan* find_by_key(std::vector<MemberPlan>& plans, std::string_view spelled) {
  const bool escaped = spelled.find('\\') != std::string_view::npos;
  std::optional<std::string> unescaped;
  constexpr std::size_t LongestSpelling = sizeof("\\u0073") - 1;
  for (MemberPlan& plan : plans) {
    if (!escaped) {
      if (plan.key == spelled) {
        return &plan;
      }
    } else if (spelled.size() <= plan.key.size() * LongestSpelling) {
      if (!unescaped) {
        unescaped = unescaped_json(spelled);
      }
      if (plan.key == *unescaped) {
        return &plan;
      }
    }
  }
  return nullptr;
}

MemberPlan* find_by_index(std::vector<MemberPlan>& plans, std::size_t index) {
  const auto found = std::find_if(plans.begin(), plans.end(),
                                  [index](const MemberPlan& plan) { return plan.index == index; });
  return found != plans.end() ? &*found : nullptr;
}

bool any_sets(const PathEdits& edits) {
  return std::any_of(edits.begin(), edits.end(),
                     [](const PathEdit* edit) { return edit->json != nullptr; });
}

std::optional<std::size_t> array_index(std::string_view component) {
  if (component.empty() || component.size() > MaxIndexDigits ||
      (component.front() == '0' && component.size() > 1)) {
    return std::nullopt;
  }
  std::size_t index = 0;
  for (const char c : component) {
    if (!ascii::is_digit(c)) {
      return std::nullopt;
    }
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index;
}

}  // namespace llmsnap::route
