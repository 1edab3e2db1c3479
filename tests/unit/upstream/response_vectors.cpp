#include "response_vectors.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"

namespace llmsnap::upstream {
namespace {

/// Texts in the file are Latin-1: one character is one byte.
std::string to_bytes(const std::string& utf8) {
  std::string bytes;
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    const auto lead = static_cast<unsigned char>(utf8[at]);
    if (lead < 0x80) {
      bytes += utf8[at];
    } else {
      const auto trail = static_cast<unsigned char>(utf8[++at]);
      bytes += static_cast<char>((lead & 0x03U) << 6 | (trail & 0x3fU));
    }
  }
  return bytes;
}

}  // namespace

std::vector<ResponseVector> load_response_vectors() {
  std::ifstream file(LLMSNAP_SOURCE_DIR "/tests/data/http-response-vectors.json");
  REQUIRE(file);
  std::vector<ResponseVector> vectors;
  for (const nlohmann::json& entry : nlohmann::json::parse(file)) {
    ResponseVector vector;
    vector.name = entry.at("name");
    vector.method = entry.value("method", "GET");
    vector.response = to_bytes(entry.at("response"));
    vector.expect = entry.at("expect");
    if (entry.contains("body")) {
      vector.body = to_bytes(entry.at("body"));
    }
    if (entry.value("then", "") == "verbatim") {
      vector.x_a = to_bytes(entry.at("value"));
    }
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

}  // namespace llmsnap::upstream
