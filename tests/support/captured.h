// What a gateway has captured, and what it answers to the wish for a replay.
// Thread rule: a test's own thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "support/eventually.h"
#include "support/listed.h"
#include "support/test_gateway.h"

namespace llmsnap::test {

/// The capture of the request with that number, once it is there.
inline nlohmann::json captured(TestGateway& gateway, int id = 1) {
  nlohmann::json found;
  REQUIRE(eventually([&gateway, &found, id] {
    const auto answer = get(gateway, "/api/captures/" + std::to_string(id));
    found = nlohmann::json::parse(answer.body);
    return answer.status == 200;
  }));
  return found;
}

inline ReceivedAnswer replay(TestGateway& gateway, int id = 1, const std::string& body = "{}") {
  return exchange(gateway.port(), "POST /api/captures/" + std::to_string(id) +
                                      "/replay HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                                      std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace llmsnap::test
