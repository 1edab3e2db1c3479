#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "api/call.h"
#include "api/handlers.h"
#include "api/reload_json.h"
#include "api/same_site.h"
#include "api/text_body.h"
#include "base/timestamp.h"
#include "config/resolved_with.h"

namespace llmsnap::api {
/// The config in force, and how the last try to replace it went: under a key that a config may
/// have, so that what is shown can be loaded.
Result<Answer> show_config(Call& call) {
  const ConfigReload& reload = call.services.reload;
  const auto config = reload.config();
  const std::optional<LastReload> last = reload.last_reload();
  if (!last) {
    return text_answer(200, JsonText, resolved_json(*config) + '\n');
  }
  nlohmann::ordered_json told{{"at", utc_timestamp(last->at)}};
  told.update(nlohmann::ordered_json::parse(reload_json(last->report)));
  const std::string text = told.dump();
  return text_answer(200, JsonText, resolved_json_with(*config, "x-last-reload", text) + '\n');
}

Result<Answer> reload_config(Call& call) {
  if (const Result<void> allowed = refuse_other_sites(call.request.head); !allowed) {
    return allowed.error();
  }
  std::optional<Result<ReloadReport>> reloaded;
  Services& services = call.services;
  services.reloads.run([&] { reloaded.emplace(services.reload.reload_from_source()); });
  if (*reloaded) {
    nlohmann::ordered_json told{{"msg", "ok"}};
    told.update(nlohmann::ordered_json::parse(reload_json(**reloaded)));
    told.erase("errors");
    return text_answer(200, JsonText, told.dump() + '\n');
  }
  const Error& error = reloaded->error();
  if (error.code != ErrorCode::InvalidConfig) {
    return error;
  }
  return Error{ErrorCode::Conflict,
               "the config in force stays, the new one is not valid: " + error.message};
}

}  // namespace llmsnap::api
