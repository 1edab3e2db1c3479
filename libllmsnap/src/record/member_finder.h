// MemberFinder: picks the few members that tell of usage out of a JSON document that passes in
// pieces. Thread rule: a plain value. Pure: no library, no recursion, and no memory but for what it
// picks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmsnap::record {

// What is picked, by place (`[]` stands for any array; a document that is an array counts as its
// last element):
//   usage, response.usage, message.usage, timings, metrics, meta     objects, as text
//   stop_reason, delta.stop_reason, choices[].finish_reason, stop_type   the text of a string
//   input_tokens                                                      a number, as text
// The last one of a kind wins. Keys are compared as written, escapes and all. A document that is
// not JSON gives nothing useful and does no harm.
class MemberFinder {
 public:
  void feed(std::string_view piece);

  /// A new document begins.
  void restart();

  /// Empty where the document has (so far) none.
  const std::string& usage() const { return usage_; }
  const std::string& timings() const { return timings_; }
  const std::string& metrics() const { return metrics_; }
  const std::string& meta() const { return meta_; }
  const std::string& stop_reason() const { return stop_reason_; }
  const std::string& input_tokens() const { return input_tokens_; }

 private:
  enum class Name : std::uint8_t {
    Other,
    Usage,
    Timings,
    Metrics,
    Meta,
    Response,
    Message,
    Choices,
    Delta,
    FinishReason,
    StopReason,
    StopType,
    InputTokens,
  };
  // What the next bytes are.
  enum class Place : std::uint8_t { Plain, String, AfterString, Value, Number };

  static constexpr std::size_t NamedLevels = 3;  // keys are looked at in objects this deep
  static constexpr std::size_t MaxText = 64;
  static constexpr std::size_t MaxObject = 16 * 1024;

  static Name name_of(std::string_view key);
  bool named() const;
  Name object_kind() const;
  bool is_stop_reason() const;
  std::string& text_of(Name kind);

  const char* pass_plain(const char* at, const char* end);
  const char* pass_string(const char* at, const char* end);
  const char* pass_to_colon(const char* at, const char* end);
  const char* pass_to_value(const char* at, const char* end);
  const char* pass_number(const char* at, const char* end);
  void begin_string();
  void open(char bracket);
  void close(const char* at);
  void keep_text(const char* begin, const char* end);
  void keep_object(const char* end);

  Place place_ = Place::Plain;
  bool escaped_ = false;    // in a string: the next byte is escaped
  bool text_kept_ = false;  // the string (or number) goes to text_
  bool is_reason_ = false;  // the string is the value of a stop reason
  bool text_whole_ = true;  // text_ had room for all of it
  std::size_t text_size_ = 0;
  std::size_t depth_ = 0;
  std::size_t base_ = 0;  // 1 in a document that is an array
  bool began_ = false;
  std::array<Name, NamedLevels + 1> names_{};  // by level, the key whose value we are in
  std::array<char, MaxText> text_;

  Name object_ = Name::Other;  // what the object is that we are in; Other: none that we keep
  std::size_t object_depth_ = 0;
  const char* object_from_ = nullptr;  // its part in the present piece begins here

  std::string usage_;
  std::string timings_;
  std::string metrics_;
  std::string meta_;
  std::string stop_reason_;
  std::string input_tokens_;
};

}  // namespace llmsnap::record
