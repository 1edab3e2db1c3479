#include "peer/peer.h"

#include <chrono>

#include "catch.h"

namespace llmsnap::peer {
namespace {

const SteadyClock::time_point Begin{std::chrono::hours(1)};

std::shared_ptr<Peer> some_peer(const std::string& key = "") {
  PeerConfig config;
  config.id = "p";
  config.proxy = "http://box:1234/base";
  config.api_key = key;
  config.models = {"m"};
  return std::move(*Peer::make(config));
}

}  // namespace

TEST_CASE("a peer that fails is left alone for longer each time, up to a minute", "[peer]") {
  const auto peer = some_peer();
  auto now = Begin;
  CHECK_FALSE(peer->is_backing_off(now));
  for (const int pause : {1, 2, 4, 8, 60, 60}) {
    peer->failed(now, now);
    CHECK(peer->retry_at() == now + std::chrono::seconds(pause));
    CHECK(peer->is_backing_off(peer->retry_at() - std::chrono::milliseconds(1)));
    now = peer->retry_at();
    CHECK_FALSE(peer->is_backing_off(now));
  }
}

TEST_CASE("only the first failure in a row and the first answer after it are news", "[peer]") {
  const auto peer = some_peer();
  CHECK_FALSE(peer->answered(Begin));
  CHECK(peer->failed(Begin, Begin));
  CHECK_FALSE(peer->failed(peer->retry_at(), peer->retry_at()));
  CHECK(peer->answered(Begin));
  CHECK_FALSE(peer->is_backing_off(Begin));
  CHECK_FALSE(peer->answered(Begin));
  CHECK(peer->failed(Begin, Begin));
}

TEST_CASE("it is known when a peer last answered, and failures do not change it", "[peer]") {
  const auto peer = some_peer();
  CHECK(peer->answered_at() < Begin);
  peer->answered(Begin);
  peer->failed(Begin + std::chrono::seconds(1), Begin + std::chrono::seconds(2));
  CHECK(peer->answered_at() == Begin);
}

TEST_CASE("what a peer breaks off for all requests in flight is one failure", "[peer]") {
  const auto peer = some_peer();
  CHECK(peer->failed(Begin, Begin));
  const auto retry_at = peer->retry_at();
  for (int request = 0; request < 5; ++request) {
    CHECK_FALSE(peer->failed(Begin, Begin + std::chrono::seconds(request)));
  }
  CHECK(peer->retry_at() == retry_at);
}

TEST_CASE("what a peer told of its models is forgotten when it fails", "[peer]") {
  const auto peer = some_peer();
  CHECK_FALSE(peer->has_loaded("m"));
  peer->has_told({"m"});
  CHECK(peer->has_loaded("m"));
  CHECK_FALSE(peer->has_loaded("other"));
  peer->failed(Begin, Begin);
  CHECK_FALSE(peer->has_loaded("m"));
}

TEST_CASE("a peer is addressed by its URL and its own key", "[peer]") {
  const auto keyless = some_peer();
  const auto keyed = some_peer("secret");
  wire::Fields fields;
  keyless->key().add_to(fields);
  CHECK(fields.empty());
  keyed->key().add_to(fields);
  REQUIRE(fields.size() == 2);
  CHECK(fields[0].name == "Authorization");
  CHECK(fields[0].value == "Bearer secret");
  CHECK(fields[1].name == "X-Api-Key");
  CHECK(fields[1].value == "secret");
  CHECK(some_peer()->url().authority() == "box:1234");
  PeerConfig without_url;
  without_url.id = "p";
  const auto made = Peer::make(without_url);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::InvalidConfig);
}

}  // namespace llmsnap::peer
