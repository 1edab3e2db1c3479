#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "api/call.h"
#include "api/handlers.h"
#include "api/same_site.h"
#include "api/text_body.h"

namespace llmsnap::api {
namespace {

nlohmann::ordered_json record_of(const ChangedParts& parts) {
  return {{"kept", parts.kept},
          {"added", parts.added},
          {"changed", parts.changed},
          {"removed", parts.removed}};
}

nlohmann::ordered_json record_of(const ReloadReport& report) {
  return {{"msg", "ok"},
          {"kept", report.kept},
          {"drained", report.drained},
          {"added", report.added},
          {"removed", report.removed},
          {"proxied", record_of(report.proxied)},
          {"peers", record_of(report.peers)},
          {"needs_restart", report.needs_restart},
          {"warnings", report.warnings}};
}

}  // namespace

Result<Answer> show_config(Call& call) {
  return text_answer(200, JsonText, resolved_json(*call.services.reload.config()) + '\n');
}

Result<Answer> reload_config(Call& call) {
  if (const Result<void> allowed = refuse_other_sites(call.request.head); !allowed) {
    return allowed.error();
  }
  std::optional<Result<ReloadReport>> reloaded;
  Services& services = call.services;
  services.reloads.run([&] { reloaded.emplace(services.reload.reload_from_source()); });
  if (*reloaded) {
    return text_answer(200, JsonText, record_of(**reloaded).dump() + '\n');
  }
  const Error& error = reloaded->error();
  if (error.code != ErrorCode::InvalidConfig) {
    return error;
  }
  return Error{ErrorCode::Conflict,
               "the config in force stays, the new one is not valid: " + error.message};
}

}  // namespace llmsnap::api
