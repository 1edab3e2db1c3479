#include "route/body_edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "route/edit_plan.h"
#include "route/json_cursor.h"
#include "route/json_string.h"

namespace llmsnap::route {
namespace {

using Whole = MemberPlan::Whole;

constexpr std::size_t Nowhere = std::string::npos;

/// A member of an object, or an element of an array, whose value begins where it begins.
struct Member {
  std::size_t ordinal = 0;
  std::size_t comma = Nowhere;  // before it
  std::size_t begin = 0;
  std::size_t value = 0;
  std::size_t end = 0;
  std::size_t next = Nowhere;  // where the next one begins
  const MemberPlan* plan = nullptr;
};

bool is_left_alone(const MemberPlan& plan) {
  return plan.whole == Whole::SetIfAbsent && plan.nested.empty();
}

/// The object or array at work.
struct Container {
  bool object = false;
  std::size_t depth = 0;  // of its keys in the edits' paths
  std::vector<MemberPlan> plans;
  std::vector<Member> touched = {};  // as a whole, in order
  std::size_t members = 0;
  std::size_t end_of_last = 0;  // or where the first one would begin
};

bool is_deleted(const Member& member) {
  // Of equal keys one is kept, so that no server can find the client's value under another.
  return member.plan->whole == Whole::Deleted || member.ordinal != member.plan->last_seen;
}

std::string spliced(std::string_view text, const std::vector<Replacement>& replacements) {
  std::string result;
  std::size_t kept = 0;
  for (const Replacement& replacement : replacements) {
    result.append(text.substr(kept, replacement.begin - kept)).append(replacement.text);
    kept = replacement.end;
  }
  return result.append(text.substr(kept));
}

/// What all walks of one call share.
struct Walking {
  const YieldFunction& yield;
  std::size_t repeated_keys = 0;
};

/// Walks over one value and what the edits name within. The recursion is as deep as the longest
/// path, which the config's author chose, not the client.
class Walk {
 public:
  Walk(std::string_view text, std::size_t begin, Walking& walking)
      : text_(text), walking_(walking), cursor_(text, begin, walking.yield) {}

  std::vector<Replacement> run(const PathEdits& edits, std::size_t depth) {
    cursor_.skip_space();
    walk_value(edits, depth);
    // A container's own replacements come behind those within it.
    std::sort(replacements_.begin(), replacements_.end(),
              [](const Replacement& a, const Replacement& b) {
                return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
              });
    return std::move(replacements_);
  }

 private:
  void walk_value(const PathEdits& edits, std::size_t depth) {
    const char first = cursor_.peek();
    if (first == '{') {
      walk_container({.object = true, .depth = depth, .plans = member_plans(edits, depth)});
    } else if (first == '[') {
      walk_array(edits, depth);
    } else {
      replace_by_object(edits, depth);
    }
  }

  void replace_by_object(const PathEdits& edits, std::size_t depth) {
    const std::size_t begin = cursor_.position();
    cursor_.skip_value();
    if (any_sets(edits)) {
      replace(begin, cursor_.position(), edited("{}", edits, depth));
    }
  }

  void walk_array(const PathEdits& edits, std::size_t depth) {
    const bool indices_stay =
        std::all_of(edits.begin(), edits.end(), [depth](const PathEdit* edit) {
          return array_index(edit->path[depth]) && !(is_whole(*edit, depth) && !edit->json);
        });
    if (!indices_stay && edits.size() > 1) {
      walk_one_by_one(edits, depth);
      return;
    }
    const std::string& component = edits.front()->path[depth];
    if (array_index(component) || component == EndOfArray) {
      walk_container({.object = false, .depth = depth, .plans = member_plans(edits, depth)});
    } else {
      replace_by_object(edits, depth);
    }
  }

  /// The array has another shape after each edit, so it is copied for each. That is rare.
  void walk_one_by_one(const PathEdits& edits, std::size_t depth) {
    const std::size_t begin = cursor_.position();
    cursor_.skip_value();
    std::string value(text_.substr(begin, cursor_.position() - begin));
    for (const PathEdit* edit : edits) {
      value = edited(value, {edit}, depth);
    }
    replace(begin, cursor_.position(), std::move(value));
  }

  void walk_container(Container container) {
    cursor_.skip_byte();
    container.end_of_last = cursor_.position();
    const char close = container.object ? '}' : ']';
    Member last;
    std::size_t comma = Nowhere;
    for (cursor_.skip_space(); cursor_.peek() != close && !cursor_.at_end(); cursor_.skip_space()) {
      last = walk_member(container, comma);
      container.end_of_last = last.end;
      ++container.members;
      cursor_.skip_space();
      if (cursor_.peek() == ',') {
        comma = cursor_.position();
        cursor_.skip_byte();
      }
    }
    cursor_.skip_byte();
    MemberPlan& first_plan = container.plans.front();
    if (!container.object && first_plan.key == EndOfArray && first_plan.whole == Whole::Deleted &&
        container.members > 0) {
      last.plan = &first_plan;
      container.touched.push_back(last);
    }
    append(container, container.members - replace_touched(container));
  }

  Member walk_member(Container& container, std::size_t comma) {
    Member member{.ordinal = container.members, .comma = comma, .begin = cursor_.position()};
    if (!container.touched.empty() && container.touched.back().ordinal + 1 == member.ordinal) {
      container.touched.back().next = member.begin;
    }
    MemberPlan* plan = nullptr;
    if (container.object) {
      plan = find_by_key(container.plans, cursor_.skip_string());
      cursor_.skip_space();
      cursor_.skip_byte();  // the colon
      cursor_.skip_space();
    } else {
      plan = find_by_index(container.plans, member.ordinal);
    }
    member.value = cursor_.position();
    if (plan == nullptr || !may_touch(*plan, member.ordinal) || is_left_alone(*plan)) {
      cursor_.skip_value();
      member.end = cursor_.position();
    } else if (plan->whole == Whole::Kept || plan->whole == Whole::SetIfAbsent) {
      walk_value(plan->nested, container.depth + 1);
      member.end = cursor_.position();
    } else {
      cursor_.skip_value();
      member.end = cursor_.position();
      member.plan = plan;
      container.touched.push_back(member);
    }
    return member;
  }

  /// Beyond the limit nothing is kept any more, as the whole is refused.
  bool may_touch(MemberPlan& plan, std::size_t ordinal) {
    plan.last_seen = ordinal;
    return plan.times_seen++ == 0 || ++walking_.repeated_keys <= MaxRepeatedKeys;
  }

  /// Gives how many members are deleted.
  std::size_t replace_touched(const Container& container) {
    const std::vector<Member>& touched = container.touched;
    std::size_t deleted = 0;
    for (std::size_t i = 0; i < touched.size(); ++i) {
      const Member& first = touched[i];
      if (!is_deleted(first)) {
        replace(first.value, first.end, *value_of(*first.plan, container.depth));
        continue;
      }
      // Neighbours go as one range: each alone would claim the same comma.
      std::size_t last = i;
      while (last + 1 < touched.size() && is_deleted(touched[last + 1]) &&
             touched[last + 1].ordinal == touched[last].ordinal + 1) {
        ++last;
      }
      deleted += last - i + 1;
      i = last;
      if (touched[last].next != Nowhere) {
        replace(first.begin, touched[last].next, {});
      } else {
        replace(first.comma != Nowhere ? first.comma : first.begin, touched[last].end, {});
      }
    }
    return deleted;
  }

  void append(const Container& container, std::size_t kept) {
    std::string text;
    const auto add = [&text, &kept](std::string_view key, std::string_view value) {
      text.append(kept++ > 0 ? "," : "").append(key).append(value);
    };
    if (container.object) {
      for (const MemberPlan& plan : container.plans) {
        if (plan.times_seen > 0) {
          continue;
        }
        if (const auto value = value_of(plan, container.depth)) {
          add(json_string(plan.key) + ":", *value);
        }
      }
    } else {
      append_elements(container, add);
    }
    if (!text.empty()) {
      replace(container.end_of_last, container.end_of_last, std::move(text));
    }
  }

  template <typename Add>
  void append_elements(const Container& container, const Add& add) {
    // By index; those of a path that only deletes are no reason to fill the array up.
    std::vector<std::pair<std::size_t, std::string>> elements;
    for (const MemberPlan& plan : container.plans) {
      const std::size_t index = plan.index.value_or(container.members);
      if (plan.times_seen > 0 || index < container.members) {
        continue;
      }
      if (auto value = value_of(plan, container.depth)) {
        elements.emplace_back(index, std::move(*value));
      }
    }
    std::sort(elements.begin(), elements.end());
    std::size_t next = container.members;
    for (const auto& [index, value] : elements) {
      for (; next < index; ++next) {
        add("", "null");
      }
      add("", value);
      ++next;
    }
  }

  /// The value that the plan makes of a member that is overwritten or was not there, if any.
  std::optional<std::string> value_of(const MemberPlan& plan, std::size_t depth) {
    if (plan.whole == Whole::Set || plan.whole == Whole::SetIfAbsent) {
      return edited(plan.json, plan.nested, depth + 1);
    }
    if (plan.whole == Whole::Kept && any_sets(plan.nested)) {
      return edited("{}", plan.nested, depth + 1);
    }
    return std::nullopt;
  }

  std::string edited(std::string_view json, const PathEdits& edits, std::size_t depth) {
    if (edits.empty()) {
      return std::string(json);
    }
    const PaddedBytes padded(json);
    return spliced(json, Walk(padded.view(), 0, walking_).run(edits, depth));
  }

  void replace(std::size_t begin, std::size_t end, std::string text) {
    replacements_.push_back({begin, end, std::move(text)});
  }

  const std::string_view text_;
  Walking& walking_;
  JsonCursor cursor_;
  std::vector<Replacement> replacements_;
};

}  // namespace

std::vector<std::string> path_components(std::string_view path) {
  std::vector<std::string> components(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '.') {
      components.emplace_back();
      continue;
    }
    if (path[i] == '\\' && i + 1 < path.size()) {
      ++i;
    }
    components.back().push_back(path[i]);
  }
  return components;
}

Result<std::vector<Replacement>> edit_body(const PaddedBytes& body, std::size_t begin,
                                           const std::vector<BodyEdit>& edits,
                                           const YieldFunction& yield) {
  std::vector<PathEdit> parsed;
  parsed.reserve(edits.size());
  for (const BodyEdit& edit : edits) {
    parsed.push_back(
        {path_components(edit.path), edit.json ? &*edit.json : nullptr, edit.if_absent});
  }
  PathEdits usable;
  for (const PathEdit& edit : parsed) {
    if (edit.path.size() <= MaxPathComponents) {
      usable.push_back(&edit);
    }
  }
  if (usable.empty()) {
    return std::vector<Replacement>();
  }
  Walking walking{yield};
  std::vector<Replacement> replacements = Walk(body.view(), begin, walking).run(usable, 0);
  if (walking.repeated_keys > MaxRepeatedKeys) {
    return Error{ErrorCode::BadRequest,
                 fmt::format("invalid request body: more than {} repetitions of filtered keys",
                             MaxRepeatedKeys)};
  }
  return replacements;
}

}  // namespace llmsnap::route
