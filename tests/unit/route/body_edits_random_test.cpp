#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "route/body_edits.h"
#include "route/spliced_body.h"

namespace llmsnap::route {
namespace {

using nlohmann::json;

struct Member {
  std::string key;
  std::string text;  // as it is spelled, without white space around it
};

/// Makes small objects and edits that often meet.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::vector<Member> members() {
    std::vector<Member> made;
    for (int i = below(6); i > 0; --i) {
      const std::string name = key();
      made.push_back({name, spelled(name) + space() + ":" + space() + value(3)});
    }
    return made;
  }

  std::string document(const std::vector<Member>& members) {
    std::string text;
    for (const Member& member : members) {
      text += (text.empty() ? "" : ",") + space() + member.text + space();
    }
    return space() + "{" + (text.empty() ? space() : text) + "}" + space();
  }

  std::vector<BodyEdit> edits() {
    std::vector<BodyEdit> made;
    for (int i = below(5) + 1; i > 0; --i) {
      std::string path = key();
      for (int depth = below(4); depth > 0; --depth) {
        path += "." + (below(2) == 0 ? key() : index());
      }
      made.push_back({path, below(2) == 0 ? std::nullopt : std::optional(value(2))});
    }
    return made;
  }

 private:
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  std::string pick(const std::vector<std::string>& choices) {
    return choices[static_cast<std::size_t>(below(static_cast<int>(choices.size())))];
  }

  std::string key() { return pick({"a", "b", "c", "d", "1"}); }
  std::string index() { return pick({"0", "1", "2", "5", "-1"}); }
  std::string space() { return pick({"", "", "", " ", "\n", "\t ", "\r\n"}); }

  std::string spelled(const std::string& key) {
    constexpr const char* Digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(key.front());
    return below(4) == 0 ? std::string("\"\\u00") + Digits[byte >> 4] + Digits[byte & 15] + "\""
                         : "\"" + key + "\"";
  }

  std::string value(int depth) {
    const int kind = depth == 0 ? 9 : below(6);
    if (kind > 3) {
      return pick({"0", "-12.5e3", "true", "null", "\"\"", "\"a,]}\"", "\"\\\"{[\\\\\""});
    }
    std::string items;
    for (int i = below(4); i > 0; --i) {
      const std::string name = kind < 2 ? spelled(key()) + space() + ":" + space() : "";
      items += (items.empty() ? "" : ",") + space() + name + value(depth - 1) + space();
    }
    items = items.empty() ? space() : items;
    return kind < 2 ? "{" + items + "}" : "[" + items + "]";
  }

  std::mt19937 random_;
};

bool is_index(const std::string& component) {
  return component.find_first_not_of("0123456789") == std::string::npos;
}

bool fits(const json& value, const std::string& component) {
  return value.is_object() || (value.is_array() && (is_index(component) || component == "-1"));
}

void delete_in(json& value, const std::vector<std::string>& path, std::size_t depth) {
  const std::string& component = path[depth];
  const bool whole = depth + 1 == path.size();
  if (value.is_object() && value.contains(component)) {
    whole ? static_cast<void>(value.erase(component))
          : delete_in(value[component], path, depth + 1);
  } else if (value.is_array() && fits(value, component)) {
    if (component == "-1" && (!whole || value.empty())) {
      return;
    }
    const std::size_t index = component == "-1" ? value.size() - 1 : std::stoul(component);
    if (index < value.size()) {
      whole ? value.erase(index) : delete_in(value[index], path, depth + 1);
    }
  }
}

void set_in(json& value, const std::vector<std::string>& path, std::size_t depth,
            const json& wanted) {
  if (depth == path.size()) {
    value = wanted;
    return;
  }
  const std::string& component = path[depth];
  if (!fits(value, component)) {
    value = json::object();
  }
  if (value.is_object()) {
    set_in(value[component], path, depth + 1, wanted);
  } else {
    const std::size_t index = component == "-1" ? value.size() : std::stoul(component);
    set_in(value[index], path, depth + 1, wanted);
  }
}

json reference(const std::string& text, const std::vector<BodyEdit>& edits) {
  json document = json::parse(text);
  for (const BodyEdit& edit : edits) {
    const std::vector<std::string> path = path_components(edit.path);
    if (edit.json) {
      set_in(document, path, 0, json::parse(*edit.json));
    } else {
      delete_in(document, path, 0);
    }
  }
  return document;
}

std::string spliced(const PaddedBytes& bytes, std::vector<Replacement> replacements) {
  SplicedBody body(bytes.view(), std::move(replacements));
  std::string text;
  for (auto piece = body.pull(); piece && !piece->empty(); piece = body.pull()) {
    text += *piece;
  }
  return text;
}

/// Members of the document that no edit names are there as they were, in their order.
bool keeps_others(const std::string& text, const std::vector<Member>& members,
                  const std::vector<BodyEdit>& edits) {
  std::set<std::string> edited;
  for (const BodyEdit& edit : edits) {
    edited.insert(path_components(edit.path).front());
  }
  std::size_t from = 0;
  for (const Member& member : members) {
    if (edited.count(member.key) == 0) {
      const std::size_t found = text.find(member.text, from);
      if (found == std::string::npos) {
        return false;
      }
      from = found + member.text.size();
    }
  }
  return true;
}

}  // namespace

TEST_CASE("edits of bytes and edits of a tree agree on thousands of random objects", "[route]") {
  Maker maker(20240703);
  for (int i = 0; i < 20'000; ++i) {
    const std::vector<Member> members = maker.members();
    const std::string text = maker.document(members);
    const std::vector<BodyEdit> edits = maker.edits();
    std::string listed;
    for (const BodyEdit& edit : edits) {
      listed += edit.path + " = " + edit.json.value_or("deleted") + "; ";
    }
    CAPTURE(i, text, listed);
    const PaddedBytes bytes(text);
    const auto replacements = edit_body(bytes, 0, edits, [] {});
    REQUIRE(replacements);
    std::size_t behind = 0;
    for (const Replacement& replacement : *replacements) {
      REQUIRE(behind <= replacement.begin);
      REQUIRE(replacement.begin <= replacement.end);
      behind = replacement.end;
    }
    const std::string result = spliced(bytes, *replacements);
    CAPTURE(result);
    REQUIRE(json::accept(result));
    REQUIRE(json::parse(result) == reference(text, edits));
    REQUIRE(keeps_others(result, members, edits));
  }
}

}  // namespace llmsnap::route
