#include "peer/peer.h"

#include <chrono>

#include "catch.h"

namespace llmsnap::peer {
namespace {

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
  CHECK_FALSE(peer->is_backing_off());
  const int expected[] = {1, 2, 4, 8, 60, 60};
  for (const int seconds : expected) {
    const auto before = SteadyClock::now();
    peer->failed(peer->retry_at());
    const auto after = SteadyClock::now();
    CHECK(peer->is_backing_off());
    CHECK(peer->retry_at() >= before + std::chrono::seconds(seconds));
    CHECK(peer->retry_at() <= after + std::chrono::seconds(seconds));
  }
}

TEST_CASE("only the first failure in a row and the first answer after it are news", "[peer]") {
  const auto peer = some_peer();
  CHECK_FALSE(peer->answered());
  CHECK(peer->failed(SteadyClock::now()));
  CHECK_FALSE(peer->failed(peer->retry_at()));
  CHECK(peer->answered());
  CHECK_FALSE(peer->is_backing_off());
  CHECK_FALSE(peer->answered());
  CHECK(peer->failed(SteadyClock::now()));
}

TEST_CASE("what a peer breaks off for all requests in flight is one failure", "[peer]") {
  const auto peer = some_peer();
  const auto began = SteadyClock::now();
  CHECK(peer->failed(began));
  const auto retry_at = peer->retry_at();
  for (int request = 0; request < 5; ++request) {
    CHECK_FALSE(peer->failed(began));
  }
  CHECK(peer->retry_at() == retry_at);
}

TEST_CASE("what a peer told of its models is forgotten when it fails", "[peer]") {
  const auto peer = some_peer();
  CHECK_FALSE(peer->has_loaded("m"));
  peer->has_told({"m"});
  CHECK(peer->has_loaded("m"));
  CHECK_FALSE(peer->has_loaded("other"));
  peer->failed(SteadyClock::now());
  CHECK_FALSE(peer->has_loaded("m"));
}

TEST_CASE("a peer is addressed by its URL and its own key", "[peer]") {
  CHECK(some_peer()->authorization().empty());
  CHECK(some_peer("secret")->authorization() == "Bearer secret");
  CHECK(some_peer()->url().authority() == "box:1234");
  PeerConfig without_url;
  without_url.id = "p";
  const auto made = Peer::make(without_url);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::InvalidConfig);
}

}  // namespace llmsnap::peer
