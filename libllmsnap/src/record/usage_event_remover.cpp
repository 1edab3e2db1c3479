#include "record/usage_event_remover.h"

#include <simdjson.h>

#include <algorithm>

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

/// Says what its event is, and nothing that a client waits for.
bool names_event(std::string_view line) {
  const std::string_view name = line.substr(0, line.find_first_of(":\r\n"));
  return (name == "id" || name == "event" || name == "retry") &&
         is_blank(line.substr(std::min(line.find_first_of("\r\n"), line.size())));
}

/// What of these whole lines is behind the last one that does not only name an event.
std::string_view last_names(std::string_view lines) {
  std::size_t begin = lines.size();
  while (begin > 0) {
    const std::size_t before = begin < 2 ? lines.npos : lines.rfind('\n', begin - 2);
    const std::size_t line = before + 1;  // npos + 1 is 0
    if (!names_event(lines.substr(line, begin - line))) {
      break;
    }
    begin = line;
  }
  return lines.substr(begin);
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
  const std::string_view line = text.substr(whole.size());
  whole.remove_suffix(last_names(whole).size());
  const std::string_view open = text.substr(whole.size());
  const std::string_view stay = lines_that_stay(whole);
  // A line that ends with CR alone, or is very long, is none that is held back.
  const std::size_t return_at = line.find('\r');
  if (open.size() <= MostHeld && (return_at == line.npos || return_at + 1 == line.size())) {
    held_ = open;
    return stay;
  }
  line_goes_ = true;
  within_ = false;
  if (stay.size() == whole.size()) {
    return text;
  }
  kept_ = std::string(stay).append(open);
  return kept_;
}

std::string_view UsageEventRemover::finish() {
  return lines_that_stay(held_);
}

std::string_view UsageEventRemover::lines_that_stay(std::string_view lines) {
  if (lines.empty() ||
      (!within_ && find_usage_key(lines.data(), lines.data() + lines.size()) == nullptr)) {
    return lines;
  }
  std::string stay;
  std::size_t names = 0;  // at the end of `stay`: they go with the data that they stand before
  for (std::string_view rest = lines; !rest.empty();) {
    const std::size_t newline = rest.find('\n');
    const std::string_view line = rest.substr(0, newline == rest.npos ? rest.size() : newline + 1);
    rest.remove_prefix(line.size());
    if (tells_usage_alone(line)) {
      within_ = true;
      stay.resize(stay.size() - names);
      names = 0;
      continue;
    }
    const bool names_this = names_event(line);
    if (within_ && (names_this || is_blank(line))) {
      within_ = names_this;
      continue;
    }
    within_ = false;
    names = names_this ? names + line.size() : 0;
    stay += line;
  }
  if (stay.size() == lines.size()) {
    return lines;
  }
  kept_ = std::move(stay);
  return kept_;
}

}  // namespace llmsnap::record
