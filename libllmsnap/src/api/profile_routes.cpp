// The profiles: which there are, and which one is active.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "api/breather.h"
#include "api/call.h"
#include "api/handlers.h"
#include "api/request_body.h"
#include "api/same_site.h"
#include "api/text_body.h"
#include "base/escape.h"
#include "log/log.h"
#include "route/json_scan.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

Json name_or_null(const std::string& name) {
  return name.empty() ? Json() : Json(name);
}

Answer json_text(const Json& json) {
  return text_answer(200, JsonText, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

constexpr std::size_t LongestRequest = std::size_t{64} * 1024;

/// Empty: none shall be active.
Result<std::string> wanted_profile(const PaddedBytes& bytes) {
  if (bytes.view().size() > LongestRequest) {
    return Error{ErrorCode::BodyTooLarge, "invalid profile request: it is too long"};
  }
  if (const auto facts = route::scan_json_body(bytes, Breather::breathe); !facts) {
    return Error{ErrorCode::BadRequest, "invalid profile request: " + facts.error().message};
  }
  const Json body = Json::parse(bytes.view(), nullptr, false);
  if (!body.is_object()) {
    return Error{ErrorCode::BadRequest, "invalid profile request: expected a JSON object"};
  }
  const auto name = body.find("name");
  if (name == body.end()) {
    return Error{ErrorCode::BadRequest, "profile name is required"};
  }
  if (name->is_null()) {
    return std::string();
  }
  return name->is_string() ? Result<std::string>(name->get<std::string>())
                           : Error{ErrorCode::BadRequest, "profile name must be a string or null"};
}

}  // namespace

Result<Answer> show_profiles(Call& call) {
  const auto standing = call.services.profiles.standing();
  Json profiles = Json::array();
  for (const auto& [name, profile] : *standing.all) {
    profiles.push_back(
        {{"id", name}, {"description", profile.description}, {"pins", profile.pins}});
  }
  return json_text({{"active", name_or_null(standing.active)}, {"profiles", std::move(profiles)}});
}

Result<Answer> activate_profile(Call& call) {
  if (const Result<void> allowed = refuse_other_sites(call.request.head); !allowed) {
    return allowed.error();
  }
  const auto text = read_json(call);
  if (!text) {
    return text.error();
  }
  const Result<std::string> wanted = wanted_profile(text->bytes);
  if (!wanted) {
    return wanted.error();
  }
  if (const Result<void> active = call.services.profiles.activate(*wanted); !active) {
    return active.error();
  }
  call.services.events.publish_part("profileChanged");
  call.services.events.publish_part("modelStatus");
  call.services.forwarding.log.info(
      wanted->empty() ? std::string("no profile is active any more")
                      : fmt::format("profile \"{}\" is active now", escaped(*wanted)));
  return json_text({{"active", name_or_null(*wanted)}});
}

}  // namespace llmsnap::api
