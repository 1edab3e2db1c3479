#include "capture/json_secrets.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "capture/nested_json.h"
#include "config/secret_names.h"
#include "record/redaction.h"

namespace llmsnap::capture {
namespace {

/// Longer names tell of nothing.
constexpr std::size_t LongestName = 64;
/// JSON within a text of JSON, as arguments of tools are, is of level 2; where a conversation with
/// those is a text in its turn, they are of level 3.
constexpr unsigned MostLevels = 3;
/// A secret array or object with more items is left out as a whole.
constexpr std::size_t MostItems = 8;

/// A value, which is walked through when it is replaced; or what follows the `=` of a variable.
struct Secret {
  std::size_t begin;
  std::size_t end;  // of a variable; else that of the JSON which the value is in
  unsigned level;
  bool is_variable;
};

/// The name that a string is.
class Name {
 public:
  Name(const NestedJson& json, const NestedJson::String& string)
      : text_(json.text().substr(string.inner_begin, string.inner_end - string.inner_begin)) {
    if (string.has_escapes) {
      text_ = json.inside(string).read(string.inner_begin, room_);
    }
    text_ = ascii::trimmed(text_, [](char c) { return ascii::is_space(c) || c == '\0'; });
  }
  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;

  bool is(std::string_view word) const { return ascii::equal_ignoring_case(text_, word); }
  bool is_exactly(std::string_view word) const { return text_ == word; }
  bool tells_of_secret() const { return text_.size() <= LongestName && names_secret(text_); }

 private:
  std::array<char, LongestName + 1> room_;
  std::string_view text_;
};

/// Finds what stands behind names that tell of secrets.
class SecretSearch {
 public:
  SecretSearch(const NestedJson& json, std::vector<Secret>& secrets)
      : json_(json), secrets_(secrets) {}

  void run(std::size_t place) {
    while (place < json_.size()) {
      const NestedJson::Character c = json_.at(place);
      if (c.is == '"') {
        place = take_string(json_.string_at(place));
        before_ = '"';
      } else {
        take_mark(c.is);
        place = c.end;
      }
    }
  }

 private:
  using String = NestedJson::String;

  /// What is known of an object that may be a name and its value.
  struct Pair {
    bool names_secret = false;
    std::optional<std::size_t> value;
  };

  /// So much is looked at of an object, to know what it is.
  static constexpr std::size_t Near = 256;
  /// Objects that are deeper are no pairs.
  static constexpr std::size_t MostDepth = 64;

  void take_mark(char mark) {
    if (mark == '{' && ++depth_ < MostDepth) {
      pairs_[depth_] = {};
    }
    depth_ -= mark == '}' && depth_ > 0 ? 1 : 0;
    before_ = ascii::is_space(mark) ? before_ : mark;
  }

  /// Gives where to go on.
  std::size_t take_string(const String& string) {
    if (string.has_quotes && json_.level() < MostLevels) {
      SecretSearch(json_.inside(string), secrets_).run(string.inner_begin);
    }
    const std::size_t colon = json_.skip_blanks(string.end);
    if (!json_.has(':', colon)) {
      if (before_ == '[' || before_ == ',') {
        take_item(string);
      }
      return string.end;
    }
    const Name name(json_, string);
    const std::size_t value = json_.skip_blanks(json_.at(colon).end);
    const bool is_secret = name.tells_of_secret() && !is_harmless(name, value);
    return is_value_of_secret(name, value) || is_secret ? take_secret(value) : string.end;
  }

  /// What a tool calls its parameters is none, nor is a token of an answer beside its probability.
  bool is_harmless(const Name& name, std::size_t value) const {
    if (json_.has('{', value)) {
      return is_schema(json_.skip_blanks(json_.at(value).end));
    }
    if (!name.is_exactly("token") || !json_.has('"', value)) {
      return false;
    }
    const std::size_t comma = json_.skip_blanks(json_.string_at(value).end);
    return json_.has(',', comma) && has_member(json_.skip_blanks(json_.at(comma).end),
                                               [](const Name& member, std::size_t /*its_value*/) {
                                                 return member.is_exactly("logprob") ||
                                                        member.is_exactly("prob");
                                               });
  }

  /// An object that says of which type a value is, and no value.
  bool is_schema(std::size_t first_member) const {
    const auto has_type = [this](const Name& member, std::size_t value) {
      return member.is_exactly("type") && json_.has('"', value) &&
             is_schema_type(Name(json_, json_.string_at(value)));
    };
    const auto has_value = [this](const Name& member, std::size_t value) {
      return json_.has('"', value) && (member.is("value") || member.is("default") ||
                                       member.is("const") || member.is("example"));
    };
    return has_member(first_member, has_type) && !has_member(first_member, has_value);
  }

  static bool is_schema_type(const Name& word) {
    constexpr std::array<std::string_view, 7> Types{"string", "number", "integer", "boolean",
                                                    "object", "array",  "null"};
    return std::any_of(Types.begin(), Types.end(),
                       [&word](std::string_view type) { return word.is_exactly(type); });
  }

  /// Of the first members of an object, whose first name begins at `place`.
  template <typename Wanted>
  bool has_member(std::size_t place, const Wanted& wanted) const {
    const NestedJson near(json_.text().substr(0, place + std::min(json_.size() - place, Near)),
                          json_.level());
    while (near.has('"', place)) {
      const NestedJson::String name = near.string_at(place);
      const std::size_t colon = near.skip_blanks(name.end);
      if (!near.has(':', colon)) {
        return false;
      }
      const std::size_t value = near.skip_blanks(near.at(colon).end);
      if (wanted(Name(near, name), value)) {
        return true;
      }
      ValueItems items(near, value);
      for (ValueItems::Item item; items.next(item);) {
      }
      const std::size_t comma = near.skip_blanks(items.place());
      if (!near.has(',', comma)) {
        return false;
      }
      place = near.skip_blanks(near.at(comma).end);
    }
    return false;
  }

  /// Of `{"name": "api_key", "value": "..."}`, whichever of the two comes first.
  bool is_value_of_secret(const Name& name, std::size_t value) {
    if (depth_ >= MostDepth) {
      return false;
    }
    Pair& pair = pairs_[depth_];
    if (name.is("value")) {
      pair.value = value;
      return pair.names_secret;
    }
    if ((name.is("name") || name.is("key") || name.is("header")) && json_.has('"', value) &&
        Name(json_, json_.string_at(value)).tells_of_secret()) {
      pair.names_secret = true;
      if (const auto earlier = std::exchange(pair.value, std::nullopt)) {
        add_value(*earlier);
      }
    }
    return false;
  }

  /// `"API_KEY=..."` as an item of a list, as variables and flags are written.
  void take_item(const String& string) {
    const NestedJson item = json_.inside(string);
    std::array<char, LongestName> room;
    std::size_t count = 0;
    for (std::size_t place = string.inner_begin; place < item.size();) {
      const NestedJson::Character c = item.at(place);
      place = c.end;
      if (c.is == '=') {
        if (place < item.size() && names_secret({room.data(), count})) {
          secrets_.push_back({place, item.size(), item.level(), true});
        }
        return;
      }
      if (count == room.size()) {
        return;
      }
      room[count++] = c.is;
    }
  }

  /// Gives where to go on: behind it.
  std::size_t take_secret(std::size_t value) {
    ValueItems items(json_, value);
    ValueItems::Item item;
    if (items.next(item)) {
      add_value(value);
    }
    while (items.next(item)) {
    }
    return items.place();
  }

  void add_value(std::size_t value) {
    secrets_.push_back({value, json_.size(), json_.level(), false});
  }

  const NestedJson json_;
  std::vector<Secret>& secrets_;
  std::array<Pair, MostDepth> pairs_{};
  std::size_t depth_ = 0;
  char before_ = '\0';  // the last byte that was not blank
};

/// Writes a text without its secrets.
class Replacement {
 public:
  explicit Replacement(std::string_view text) : text_(text) {}

  /// In the order in which they begin. One within another goes with that, unread.
  void take(const Secret& secret) {
    if (secret.begin < walked_) {
      return;
    }
    if (secret.is_variable) {
      replace(secret.begin, secret.end, {});
      walked_ = secret.end;
    } else {
      take_value(NestedJson(text_.substr(0, secret.end), secret.level), secret.begin);
    }
  }

  /// Nothing: there was nothing to replace.
  std::optional<std::string> finish() {
    if (copied_ == 0) {
      return std::nullopt;
    }
    clean_.append(text_.substr(copied_));
    return std::move(clean_);
  }

 private:
  using Item = ValueItems::Item;

  void take_value(const NestedJson& json, std::size_t begin) {
    constexpr std::string_view Quotes[MostLevels] = {"\"", "\\\"", "\\\\\\\""};
    const std::string_view quote = Quotes[json.level() - 1];
    std::array<Item, MostItems> found;
    std::size_t count = 0;
    ValueItems items(json, begin);
    for (Item item; items.next(item); ++count) {
      if (count < MostItems) {
        found[count] = item;
      }
    }
    walked_ = items.place();
    if (count > MostItems) {
      replace(begin, walked_, quote);
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      replace(found[i].begin, found[i].end, quote);
    }
  }

  void replace(std::size_t begin, std::size_t end, std::string_view quote) {
    clean_.append(text_.substr(copied_, begin - copied_))
        .append(quote)
        .append(record::Redacted)
        .append(quote);
    copied_ = end;
  }

  const std::string_view text_;
  std::string clean_;
  std::size_t copied_ = 0;  // of the text, or left out of it
  std::size_t walked_ = 0;  // looked at for secrets
};

}  // namespace

std::optional<std::string> without_json_secrets(std::string_view text) {
  std::vector<Secret> secrets;
  const NestedJson json(text);
  SecretSearch(json, secrets).run(0);
  if (secrets.empty()) {
    return std::nullopt;
  }
  std::sort(secrets.begin(), secrets.end(), [](const Secret& a, const Secret& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.level < b.level;
  });
  Replacement replacement(text);
  for (const Secret& secret : secrets) {
    replacement.take(secret);
  }
  return replacement.finish();
}

}  // namespace llmsnap::capture
