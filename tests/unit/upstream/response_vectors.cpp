#include "response_vectors.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "support/latin1.h"

namespace llmsnap::upstream {

std::vector<ResponseVector> load_response_vectors() {
  std::ifstream file(LLMSNAP_SOURCE_DIR "/tests/data/http-response-vectors.json");
  REQUIRE(file);
  std::vector<ResponseVector> vectors;
  for (const nlohmann::json& entry : nlohmann::json::parse(file)) {
    ResponseVector vector;
    vector.name = entry.at("name");
    vector.method = entry.value("method", "GET");
    vector.response = test::bytes_of(entry.at("response"));
    vector.expect = entry.at("expect");
    if (entry.contains("body")) {
      vector.body = test::bytes_of(entry.at("body"));
    }
    if (entry.value("then", "") == "verbatim") {
      vector.x_a = test::bytes_of(entry.at("value"));
    }
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

}  // namespace llmsnap::upstream
