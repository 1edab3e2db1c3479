#include <nlohmann/json.hpp>

#include "api/call.h"
#include "api/handlers.h"
#include "api/text_body.h"

namespace llmsnap::api {
namespace {

Answer moved(int status, std::string_view location) {
  auto answer = text_answer(status, PlainText, {});
  answer.fields.push_back({"Location", location});
  return answer;
}

}  // namespace

Result<Answer> show_health(Call&) {
  return text_answer(200, PlainText, "OK");
}

/// None yet; browsers ask for it with every page, and need not again.
Result<Answer> show_icon(Call&) {
  Answer answer;
  answer.status = 204;
  answer.fields.push_back({"Cache-Control", "max-age=86400"});
  return answer;
}

Result<Answer> show_version(Call& call) {
  const BuildVersion& build = call.services.build;
  const nlohmann::ordered_json version{
      {"version", build.version}, {"commit", build.commit}, {"build_date", build.build_date}};
  return text_answer(200, JsonText,
                     version.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<Answer> go_to_ui(Call&) {
  return moved(302, "/ui");
}

Result<Answer> go_into_ui(Call&) {
  return moved(301, "/ui/");
}

Result<Answer> go_to_ui_models(Call&) {
  return moved(302, "/ui/models");
}

}  // namespace llmsnap::api
