#include "api/text_body.h"

namespace llmsnap::api {

Result<std::string_view> TextBody::pull() {
  if (pulled_) {
    return std::string_view();
  }
  pulled_ = true;
  return std::string_view(text_);
}

bool TextBody::rewind() {
  pulled_ = false;
  return true;
}

Answer text_answer(int status, std::string_view content_type, std::string text) {
  Answer answer;
  answer.status = status;
  answer.fields.push_back({"Content-Type", content_type});
  answer.length = text.size();
  answer.body = std::make_unique<TextBody>(std::move(text));
  return answer;
}

}  // namespace llmsnap::api
