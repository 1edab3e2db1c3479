#include "record/usage_event_remover.h"

#include <simdjson.h>

#include "record/key_search.h"

namespace llmsnap::record {
namespace {

constexpr std::string_view Field = "data:";

bool tells_usage_alone(std::string_view line) {
  if (!line.starts_with(Field) || line.find("\"usage\"") == line.npos ||
      line.find("\"choices\"") == line.npos) {
    return false;
  }
  line.remove_prefix(Field.size());
  simdjson::dom::parser parser;
  simdjson::dom::object chunk;
  simdjson::dom::array choices;
  simdjson::dom::object usage;
  return parser.parse(line.data(), line.size()).get(chunk) == simdjson::SUCCESS &&
         chunk["choices"].get(choices) == simdjson::SUCCESS && choices.size() == 0 &&
         chunk["usage"].get(usage) == simdjson::SUCCESS;
}

bool is_blank(std::string_view line) {
  return line == "\n" || line == "\r\n";
}

}  // namespace

std::string_view UsageEventRemover::pass(std::string_view piece) {
  std::string_view text = piece;
  if (line_goes_) {
    const std::size_t newline = piece.find('\n');
    if (newline == piece.npos) {
      return piece;
    }
    // The two parts stay one: the rest of the open line is no event of its own.
    line_goes_ = false;
    const std::string_view rest = pass(piece.substr(newline + 1));
    if (rest.data() == piece.data() + newline + 1 || rest.empty()) {
      return piece.substr(0, newline + 1 + rest.size());
    }
    kept_ = std::string(piece.substr(0, newline + 1)).append(rest);
    return kept_;
  }
  if (!held_.empty()) {
    joined_.assign(held_).append(piece);
    held_.clear();
    text = joined_;
  }
  std::string_view whole = text.substr(0, text.rfind('\n') + 1);  // npos + 1 is 0
  const std::string_view open = text.substr(whole.size());
  const std::string_view stay = lines_that_stay(whole);
  // A line that ends with CR alone, or is very long, is none that is held back.
  const std::size_t return_at = open.find('\r');
  if (open.size() <= MostHeld && (return_at == open.npos || return_at + 1 == open.size())) {
    held_ = open;
    return stay;
  }
  line_goes_ = true;
  takes_blank_ = false;
  if (stay.size() == whole.size()) {
    return text;
  }
  kept_ = std::string(stay).append(open);
  return kept_;
}

std::string_view UsageEventRemover::finish() {
  if (tells_usage_alone(held_)) {
    return {};
  }
  return held_;
}

std::string_view UsageEventRemover::lines_that_stay(std::string_view lines) {
  if (lines.empty() ||
      (!takes_blank_ && find_usage_key(lines.data(), lines.data() + lines.size()) == nullptr)) {
    return lines;
  }
  std::string stay;
  bool all_stay = true;
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    const bool taken_blank = takes_blank_ && is_blank(line);
    takes_blank_ = tells_usage_alone(line);
    if (taken_blank || takes_blank_) {
      all_stay = false;
    } else {
      stay += line;
    }
  }
  if (all_stay) {
    return lines;
  }
  kept_ = std::move(stay);
  return kept_;
}

}  // namespace llmsnap::record
