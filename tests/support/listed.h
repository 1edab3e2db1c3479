// What a gateway answers to a GET, and what its list of models says of one.
// Thread rule: the test's thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "support/test_gateway.h"
#include "support/test_socket.h"

namespace llmsnap::test {

inline ReceivedAnswer get(TestGateway& gateway, const std::string& target) {
  return exchange(gateway.port(), "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

/// Its record in the list; null: it is not listed.
inline nlohmann::json listed(TestGateway& gateway, const std::string& id) {
  const nlohmann::json models = nlohmann::json::parse(get(gateway, "/v1/models").body);
  for (const nlohmann::json& model : models.at("data")) {
    if (model.at("id") == id) {
      return model;
    }
  }
  return {};
}

/// "loaded", "unloaded" and the like, of a record.
inline std::string status_value(const nlohmann::json& record) {
  return record.at("status").at("value");
}

}  // namespace llmsnap::test
