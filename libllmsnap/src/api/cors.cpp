#include "api/cors.h"

#include "base/ascii.h"
#include "wire/fields.h"
#include "wire/grammar.h"

namespace llmsnap::api {
namespace {

constexpr std::string_view DefaultHeaders = "Content-Type, Authorization, Accept, X-Requested-With";

}  // namespace

std::string sanitised_header_names(std::string_view list) {
  std::string names;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto name = ascii::trimmed(list.substr(0, comma), ascii::is_space);
    if (wire::grammar::is_token(name)) {
      names.append(names.empty() ? "" : ", ").append(name);
    }
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return names;
}

Answer preflight_answer(const wire::RequestHead& head, CrossOrigin cross_origin) {
  Answer answer;
  answer.status = 204;
  if (cross_origin == CrossOrigin::Refused) {
    return answer;
  }
  auto names =
      sanitised_header_names(wire::value_of(head.fields, "Access-Control-Request-Headers"));
  answer.fields.push_back({"Access-Control-Allow-Origin", "*"});
  answer.fields.push_back(
      {"Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS"});
  if (names.empty()) {
    answer.fields.push_back({"Access-Control-Allow-Headers", DefaultHeaders});
  } else {
    answer.add("Access-Control-Allow-Headers", std::move(names));
  }
  answer.fields.push_back({"Access-Control-Max-Age", "86400"});
  return answer;
}

void echo_origin(const wire::RequestHead& head, Answer& answer) {
  const std::string_view origin = wire::value_of(head.fields, "Origin");
  if (!origin.empty()) {
    answer.add("Access-Control-Allow-Origin", std::string(origin));
    answer.fields.push_back({"Vary", "Origin"});
  }
}

}  // namespace llmsnap::api
