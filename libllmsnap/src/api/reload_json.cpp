#include "api/reload_json.h"

#include <nlohmann/json.hpp>

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

Json record_of(const ChangedParts& parts) {
  return {{"kept", parts.kept},
          {"added", parts.added},
          {"changed", parts.changed},
          {"removed", parts.removed}};
}

}  // namespace

std::string reload_json(const ReloadReport& report) {
  Json told{{"errors", report.errors}};
  if (report.errors.empty()) {
    told["kept"] = report.kept;
    told["drained"] = report.drained;
    told["added"] = report.added;
    told["removed"] = report.removed;
    told["proxied"] = record_of(report.proxied);
    told["peers"] = record_of(report.peers);
    told["needs_restart"] = report.needs_restart;
    told["warnings"] = report.warnings;
  }
  return told.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace llmsnap::api
