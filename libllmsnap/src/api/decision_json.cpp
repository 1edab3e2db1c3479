#include "api/decision_json.h"

#include <nlohmann/json.hpp>

#include "base/timestamp.h"

namespace llmsnap::api {

std::string decision_json(const ModelEvent& event) {
  nlohmann::ordered_json decision = {{"at", utc_timestamp(event.at)}, {"model", event.model}};
  if (event.instance != 0) {
    decision["instance"] = event.instance;
  }
  decision["from"] = name_of(event.from);
  decision["to"] = name_of(event.to);
  decision["reason"] = event.why;
  if (event.cause) {
    decision["cause"] = name_of(*event.cause);
  }
  return decision.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace llmsnap::api
