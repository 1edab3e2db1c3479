#include "api/security_fields.h"

#include <algorithm>

#include "api/text_body.h"

namespace llmsnap::api {
namespace {

constexpr std::string_view PagePolicy =
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

bool is_page(const Answer& answer) {
  return std::any_of(answer.fields.begin(), answer.fields.end(), [](const wire::Field& field) {
    return field.name == "Content-Type" && field.value == HtmlText;
  });
}

/// As the references answer with one.
bool is_stream(const Answer& answer) {
  return std::any_of(answer.fields.begin(), answer.fields.end(), [](const wire::Field& field) {
    return field.name == "Content-Type" && field.value == EventStreamText;
  });
}

}  // namespace

void add_security_fields(std::string_view path, Answer& answer) {
  const bool is_api = path.starts_with("/api/");
  answer.fields.push_back({"X-Content-Type-Options", "nosniff"});
  answer.fields.push_back({"Referrer-Policy", "no-referrer"});
  if (is_page(answer)) {
    answer.fields.push_back({"Content-Security-Policy", PagePolicy});
  }
  if (is_api || path.starts_with("/ui")) {
    answer.fields.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  }
  if (is_api) {
    answer.fields.push_back({"Cache-Control", is_stream(answer) ? "no-cache" : "no-store"});
  }
}

}  // namespace llmsnap::api
