// TextBody: a body that is a text in memory; text_answer makes one of our own answers from it.
// Thread rule: belongs to the request's fiber.
#pragma once

#include <string>
#include <string_view>

#include "api/answer.h"
#include "base/body_source.h"

namespace llmsnap::api {

class TextBody final : public BodySource {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}

  Result<std::string_view> pull() override;
  bool ready() const override { return true; }
  std::optional<std::uint64_t> length() const override { return text_.size(); }
  bool rewind() override;

 private:
  std::string text_;
  bool pulled_ = false;
};

/// `content_type` must be a literal.
Answer text_answer(int status, std::string_view content_type, std::string text);

inline constexpr std::string_view PlainText = "text/plain; charset=utf-8";
inline constexpr std::string_view HtmlText = "text/html; charset=utf-8";
inline constexpr std::string_view JsonText = "application/json";
inline constexpr std::string_view EventStreamText = "text/event-stream";

}  // namespace llmsnap::api
