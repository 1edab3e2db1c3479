#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "catch.h"
#include "fuzz/transcript.h"
#include "support/latin1.h"

namespace llmsnap::test {
namespace {

nlohmann::json load(const std::string& name) {
  std::ifstream file(LLMSNAP_SOURCE_DIR "/tests/data/" + name);
  REQUIRE(file);
  return nlohmann::json::parse(file);
}

/// Vectors that only a later layer can refuse: unknown host, body over the limit, no model in the
/// body.
const std::set<std::string> RefusedLater = {"host-rebinding-suffix", "cl-over-limit-then-request",
                                            "cl-missing-on-post", "sm-expect-early-413"};

int status_of(ErrorCode code) {
  static const std::map<ErrorCode, int> Statuses = {
      {ErrorCode::BadRequest, 400},         {ErrorCode::TargetTooLong, 414},
      {ErrorCode::BodyTooLarge, 413},       {ErrorCode::ExpectationFailed, 417},
      {ErrorCode::HeadTooLarge, 431},       {ErrorCode::NotImplemented, 501},
      {ErrorCode::VersionNotSupported, 505}};
  const auto found = Statuses.find(code);
  return found == Statuses.end() ? 0 : found->second;
}

void check_request(const nlohmann::json& vector, const Transcript& got) {
  const std::string expect = vector["expect"];
  if (expect == "accept") {
    CHECK_FALSE(got.refused);
    CHECK(got.targets.size() == vector.value("responses", std::size_t{1}));
  } else if (expect == "close") {
    CHECK(got.targets.empty());
  } else if (vector.value("alt", "") != "accept" || got.refused) {
    CHECK(got.refused);
    CHECK(got.targets.empty());
    const auto allowed = vector.value("status", std::vector<int>{});
    const int status = status_of(got.code);
    CHECK((allowed.empty() ? status / 100 == 4 || status / 100 == 5
                           : status == 400 || std::count(allowed.begin(), allowed.end(), status)));
  }
  for (const std::string& target : got.targets) {
    CHECK(target.find("smuggled") == std::string::npos);
  }
}

template <typename Read>
void check_divisions(const std::string& bytes, const std::string& whole, Read read) {
  CHECK(read(every_byte(bytes.size())).text == whole);
  if (bytes.size() < 2048) {
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      const std::vector<std::size_t> cuts = {cut};
      REQUIRE(read(cuts).text == whole);
    }
  }
}

}  // namespace

TEST_CASE("every request vector gets its verdict, in whatever pieces it arrives", "[wire]") {
  for (const nlohmann::json& vector : load("http-vectors.json")) {
    const std::string name = vector["name"];
    CAPTURE(name);
    const std::string bytes = bytes_of(vector["request"]);
    const Transcript whole = read_requests(bytes, {});
    if (!RefusedLater.contains(name)) {
      check_request(vector, whole);
    }
    check_divisions(bytes, whole.text, [&bytes](const std::vector<std::size_t>& cuts) {
      return read_requests(bytes, cuts);
    });
  }
}

TEST_CASE("every answer vector gets its verdict, in whatever pieces it arrives", "[wire]") {
  for (const nlohmann::json& vector : load("http-response-vectors.json")) {
    const std::string name = vector["name"];
    CAPTURE(name);
    const std::string bytes = bytes_of(vector["response"]);
    const bool to_head = vector.value("method", "GET") == "HEAD";
    const Transcript whole = read_response(bytes, to_head, {});
    if (vector["expect"] == "forward") {
      CHECK_FALSE(whole.refused);
      CHECK(whole.targets.size() == 1);
    } else if (name != "101-unasked") {  // only the exchange knows that nobody asked
      CHECK(whole.targets.empty());
    }
    if (vector.contains("body")) {
      CHECK(whole.bodies == std::vector<std::string>{vector["body"]});
    }
    if (whole.refused) {
      CHECK((whole.code == ErrorCode::UpstreamFailed || vector["expect"] == "abort"));
    }
    check_divisions(bytes, whole.text, [&bytes, to_head](const std::vector<std::size_t>& cuts) {
      return read_response(bytes, to_head, cuts);
    });
  }
}

}  // namespace llmsnap::test
