#include "route/profiles.h"

#include <atomic>
#include <thread>
#include <vector>

#include "catch.h"

namespace llmsnap::route {
namespace {

Profiles::All two_profiles() {
  Profiles::All all;
  all["day"] = {"day", "", {{"gpt", "big"}, {"off", ""}, {"big", "small"}}};
  all["night"] = {"night", "", {{"gpt", "small"}}};
  return all;
}

using Pinned = std::optional<std::string>;

}  // namespace

TEST_CASE("no profile is active at first, and names stay", "[route]") {
  const Profiles profiles(two_profiles());
  CHECK(profiles.standing().active.empty());
  CHECK(profiles.standing().active_profile() == nullptr);
  CHECK_FALSE(profiles.target_of("gpt"));
}

TEST_CASE("the active profile replaces the names that it pins, once", "[route]") {
  Profiles profiles(two_profiles());
  REQUIRE(profiles.activate("day"));
  CHECK(profiles.target_of("gpt") == Pinned("big"));  // and not "small", which "big" is pinned to
  CHECK(profiles.target_of("off") == Pinned(""));
  CHECK_FALSE(profiles.target_of("other"));
  REQUIRE(profiles.activate("night"));
  CHECK(profiles.target_of("gpt") == Pinned("small"));
  REQUIRE(profiles.activate(""));
  CHECK_FALSE(profiles.target_of("gpt"));
}

TEST_CASE("a profile that is not there changes nothing", "[route]") {
  Profiles profiles(two_profiles());
  REQUIRE(profiles.activate("day"));
  const Result<void> done = profiles.activate("noon");
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::NotFound);
  CHECK(done.error().message == "profile \"noon\" not found");
  CHECK(profiles.standing().active == "day");
}

TEST_CASE("a new config keeps the active profile as long as it has it", "[route]") {
  Profiles profiles(two_profiles());
  REQUIRE(profiles.activate("day"));
  Profiles::All changed = two_profiles();
  changed["day"].pins["gpt"] = "other";
  profiles.replace(changed);
  CHECK(profiles.target_of("gpt") == Pinned("other"));
  changed.erase("day");
  profiles.replace(changed);
  CHECK(profiles.standing().active.empty());
  CHECK_FALSE(profiles.target_of("gpt"));
}

TEST_CASE("profiles are switched while others ask", "[route]") {
  Profiles profiles(two_profiles());
  std::atomic<bool> wrong{false};
  std::vector<std::thread> askers;
  for (int i = 0; i < 3; ++i) {
    askers.emplace_back([&profiles, &wrong] {
      for (int round = 0; round < 2'000; ++round) {
        const Pinned pinned = profiles.target_of("gpt");
        if (pinned && pinned != "big" && pinned != "small") {
          wrong = true;
        }
      }
    });
  }
  for (int round = 0; round < 2'000; ++round) {
    (void)profiles.activate(round % 3 == 0 ? "day" : round % 3 == 1 ? "night" : "");
  }
  for (std::thread& asker : askers) {
    asker.join();
  }
  CHECK_FALSE(wrong);
}

}  // namespace llmsnap::route
