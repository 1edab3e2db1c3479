#include "record/server_error.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <optional>

#include "base/ascii.h"
#include "config/masked_text.h"

namespace llmsnap::record {
namespace {

using simdjson::dom::object;

constexpr std::size_t MaxText = 500;

std::string shortened(std::string_view text) {
  if (text.size() <= MaxText) {
    return std::string(text);
  }
  std::size_t end = MaxText;
  while (end > 0 && (text[end] & 0xc0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end)) + "...";
}

bool is_blank(std::string_view text) {
  return ascii::trimmed(text, ascii::is_space).empty();
}

std::optional<std::string> text_at(const object& from, std::string_view key) {
  std::string_view text;
  if (from[key].get(text) != simdjson::SUCCESS || is_blank(text)) {
    return std::nullopt;
  }
  return std::string(text);
}

std::optional<std::string> text_in(std::string_view body) {
  if (body.empty()) {
    return std::nullopt;
  }
  simdjson::dom::parser parser;
  object from;
  if (parser.parse(body.data(), body.size()).get(from) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  object error;
  if (from["error"].get(error) == simdjson::SUCCESS) {
    if (auto text = text_at(error, "message")) {
      return text;
    }
  }
  for (const std::string_view key : {"error", "message", "detail"}) {
    if (auto text = text_at(from, key)) {
      return text;
    }
  }
  return std::nullopt;
}

std::string shown(std::string_view text, const wire::ServerKey* key) {
  std::string whole(text);
  if (key != nullptr) {
    key->hide_in(whole);  // before it is cut: no half of it stays, either
  }
  return shortened(masked_text(whole));
}

}  // namespace

std::string server_error(const ErrorAnswer& answer) {
  if (const auto text = text_in(answer.body)) {
    return shown(*text, answer.key);
  }
  if (answer.broken_body) {
    return "response decode failed";
  }
  const bool has_reason = !is_blank(answer.reason) &&
                          simdjson::validate_utf8(answer.reason.data(), answer.reason.size());
  return has_reason ? fmt::format("{} {}", answer.status, shown(answer.reason, answer.key))
                    : fmt::format("HTTP {}", answer.status);
}

}  // namespace llmsnap::record
