#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "base/escape.h"
#include "config/yaml_builder.h"
#include "config/yaml_grammar.h"
#include "config/yaml_list_texts.h"

namespace llmsnap {
namespace {

constexpr std::array<std::string_view, 4> NullWords{"~", "null", "Null", "NULL"};
constexpr std::string_view ByteOrderMark = "\xEF\xBB\xBF";

// Hands yaml-cpp's events to the builder.
class Events final : public YAML::EventHandler {
 public:
  Events(YamlBuilder& builder, std::string_view text) : builder_(builder), text_(text) {}

  int second_document() const { return second_document_; }
  void found_second(const YAML::Mark& mark) {
    second_document_ = second_document_ == 0 ? mark.line + 1 : second_document_;
  }

  /// The parser takes a stray comma of a second document for the begin of another one and leaves it
  /// where it is, again and again.
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1 && mark.pos == last_start_) {
      found_second(mark);
    }
    last_start_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (documents_ == 1) {  // else it is what a `---` at the end makes
      builder_.null(mark.line + 1, anchor, is_null_written(mark));
    }
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (is_read(mark)) {
      builder_.alias(mark.line + 1, anchor);
    }
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (is_read(mark)) {
      const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
      builder_.scalar(mark.line + 1, anchor, quoted, value);
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (is_read(mark)) {
      builder_.begin_sequence(mark.line + 1, anchor);
    }
  }
  void OnSequenceEnd() override {
    if (documents_ == 1) {
      builder_.end_sequence();
    }
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (is_read(mark)) {
      builder_.begin_mapping(mark.line + 1, anchor);
    }
  }
  void OnMapEnd() override {
    if (documents_ == 1) {
      builder_.end_mapping();
    }
  }

 private:
  bool is_read(const YAML::Mark& mark) {
    if (documents_ > 1) {
      found_second(mark);
    }
    return documents_ == 1;
  }

  /// A null that is not written has the mark of what stands behind it, which may be a key.
  bool is_null_written(const YAML::Mark& mark) const {
    std::string_view rest =
        text_.substr(std::min(static_cast<std::size_t>(mark.pos), text_.size()));
    rest = rest.substr(0, rest.find_first_of("\r\n"));
    if (rest.starts_with('&')) {
      rest.remove_prefix(std::min(rest.find_first_of(" \t"), rest.size()));
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    }
    const std::size_t end = std::min(rest.find_first_of(" \t,:]}"), rest.size());
    const std::string_view word = rest.substr(0, end);
    const std::size_t behind = rest.find_first_not_of(" \t", end);
    const bool is_key = behind != std::string_view::npos && rest[behind] == ':';
    return !is_key && std::find(NullWords.begin(), NullWords.end(), word) != NullWords.end();
  }

  YamlBuilder& builder_;
  std::string_view text_;
  int documents_ = 0;
  int last_start_ = -1;
  int second_document_ = 0;
};

/// Whatever is there, also what could not be read, stands in a second document.
void look_for_second(YAML::Parser& parser, Events& events) {
  try {
    while (events.second_document() == 0 && parser.HandleNextDocument(events)) {
    }
  } catch (const YAML::Exception& error) {
    events.found_second(error.mark);
  }
}

/// yaml-cpp alone takes a quote that nobody closes, a key without a colon and much else.
Result<void> check_grammar(std::string_view text, std::string_view name) {
  const auto fault = yaml_fault(text);
  if (!fault) {
    return {};
  }
  const std::string_view before = text.substr(0, fault->at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  return Error{ErrorCode::InvalidConfig, fmt::format("{}:{}: invalid YAML in column {}: {}", name,
                                                     line, column, fault->what)};
}

Result<YamlDocument> read_yaml(const std::string& text, std::string_view name) {
  // Its events, not its nodes: a walk over nodes with an alias cycle overflows the stack, duplicate
  // keys vanish, and aliases multiply before anyone could count them.
  YamlBuilder builder;
  const bool has_mark = text.starts_with(ByteOrderMark);  // which yaml-cpp does not count
  Events events(builder, std::string_view(text).substr(has_mark ? ByteOrderMark.size() : 0));
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(events);
    look_for_second(parser, events);
  } catch (const YamlRefused& refused) {
    return Error{ErrorCode::InvalidConfig,
                 fmt::format("{}:{}: {}", name, refused.line(), refused.what())};
  } catch (const YAML::Exception& error) {
    return Error{ErrorCode::InvalidConfig,
                 fmt::format("{}:{}: invalid YAML in column {}: {}", name, error.mark.line + 1,
                             error.mark.column + 1, escaped(error.msg))};
  }
  return YamlDocument{builder.take(), events.second_document()};
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [key](const YamlMember& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

YamlNode* YamlNode::find(std::string_view key) {
  return const_cast<YamlNode*>(std::as_const(*this).find(key));
}

Result<YamlDocument> parse_yaml(const std::string& text, std::string_view name) {
  if (auto checked = check_grammar(text, name); !checked) {
    return checked.error();
  }
  auto document = read_yaml(text, name);
  if (document) {
    return document;
  }
  const std::string deeper = with_deeper_list_texts(text);
  if (deeper == text) {
    return document;
  }
  auto other = read_yaml(deeper, name);
  return other ? std::move(other) : std::move(document);
}

}  // namespace llmsnap
