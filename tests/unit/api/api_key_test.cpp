#include "api/api_key.h"

#include <algorithm>

#include "catch.h"
#include "unit/route/thread_time.h"

namespace llmsnap::api {
namespace {

using wire::Fields;

constexpr std::string_view BasicGood = "Basic dTpnb29k";   // u:good
constexpr std::string_view BasicBad = "Basic dTpiYWQ=";    // u:bad
constexpr std::string_view BasicColon = "Basic dTphOmI=";  // u:a:b
constexpr std::string_view BasicNoColon = "Basic bm9jb2xvbg==";

TEST_CASE("the presented key is Basic's password, else Bearer's token, else x-api-key", "[api]") {
  struct Row {
    Fields fields;
    std::optional<std::string> key;
  };
  const auto row = GENERATE_COPY(
      Row{{}, std::nullopt}, Row{{{"Authorization", "Bearer k"}}, "k"},
      Row{{{"authorization", "bEaReR k"}}, "k"}, Row{{{"Authorization", "Bearer  k"}}, "k"},
      Row{{{"Authorization", "Bearer"}}, std::nullopt},
      Row{{{"Authorization", "Bearer k%41+=\xe9"}}, "k%41+=\xe9"},
      Row{{{"Authorization", "Bearerk"}}, std::nullopt},
      Row{{{"Authorization", "Digest k"}}, std::nullopt},
      Row{{{"Authorization", BasicGood}}, "good"}, Row{{{"Authorization", BasicColon}}, "a:b"},
      Row{{{"Authorization", "basic dTpnb29k"}}, "good"},
      Row{{{"Authorization", BasicNoColon}}, std::nullopt},
      Row{{{"Authorization", "Basic !!!!"}}, std::nullopt},
      Row{{{"Authorization", "Basic dTpnb29"}}, std::nullopt},
      Row{{{"Authorization", "Basic !!!"}, {"x-api-key", "x"}}, "x"},
      Row{{{"X-Api-Key", "x"}}, "x"}, Row{{{"x-api-key", "x"}, {"Authorization", "Bearer k"}}, "k"},
      Row{{{"x-api-key", "x"}, {"Authorization", BasicBad}}, "bad"});
  const auto key = presented_key(row.fields);
  REQUIRE(key);
  CHECK((*key ? std::optional((*key)->key) : std::nullopt) == row.key);
}

TEST_CASE("two lines of the same credential are refused", "[api]") {
  const std::string name = GENERATE("Authorization", "x-api-key");
  const Fields fields = {{name, "Bearer good"}, {"Accept", "*/*"}, {name, "Bearer bad"}};
  const auto key = presented_key(fields);
  REQUIRE_FALSE(key);
  CHECK(key.error().code == ErrorCode::BadRequest);
  CHECK(key.error().message.find("good") == std::string::npos);
}

TEST_CASE("only a configured key opens, byte for byte", "[api][D04]") {
  struct Row {
    std::string token;
    std::string name;
  };
  const ApiKeys keys(
      {{"alice", "sk-alice-long-key"}, {"bob", "sk-bob"}, {"empty", ""}, {"odd", "k%41+=\xe9"}});
  const auto row =
      GENERATE(Row{"sk-alice-long-key", "alice"}, Row{"k%41+=\xe9", "odd"}, Row{"kA+=\xe9", ""},
               Row{"k%41 =\xe9", ""}, Row{"sk-bob", "bob"}, Row{"sk-bo", ""}, Row{"sk-bobb", ""},
               Row{"SK-BOB", ""}, Row{"sk-alice-long-keysk-bob", ""},
               Row{std::string("sk-bob\0", 7), ""}, Row{std::string(60'000, 'a'), ""});
  const auto caller = keys.check(Fields{{"x-api-key", row.token}});
  INFO(row.token.substr(0, 40));
  if (row.name.empty()) {
    REQUIRE_FALSE(caller);
    CHECK(caller.error().code == ErrorCode::Unauthorized);
    CHECK(caller.error().message == "unauthorized: invalid or missing API key");
  } else {
    REQUIRE(caller);
    CHECK(caller->key_name == row.name);
  }
}

/// What checking this key takes: the least of some tries, as others use the machine too.
route::ThreadTime::duration time_of(const ApiKeys& keys, const std::string& key) {
  const Fields fields{{"x-api-key", key}};
  auto least = route::ThreadTime::duration::max();
  for (int i = 0; i < 50; ++i) {
    const auto begun = route::ThreadTime::now();
    const bool opens = static_cast<bool>(keys.check(fields));
    least = std::min(least, route::ThreadTime::now() - begun);
    CHECK(opens == (key.front() == '0' || key.front() == '9'));
  }
  return least;
}

TEST_CASE("the time of a check tells neither how much of a key is right nor whose it is",
          "[api][D06]") {
  std::vector<ApiKey> list;
  // So many that to look through them takes several times what the hash does.
  for (int i = 0; i < 5000; ++i) {
    list.push_back({"", std::to_string(i % 10) + std::string(4000, 'k') + std::to_string(i)});
  }
  list.front().key = std::string(4096, '0');
  list.back().key = std::string(4096, '9');
  const ApiKeys keys(list);
  const auto first = time_of(keys, list.front().key);
  const auto last = time_of(keys, list.back().key);
  const auto wrong_at_once = time_of(keys, "x" + list.front().key.substr(1));
  CHECK(first < last * 2);
  CHECK(last < first * 2);
  CHECK(wrong_at_once < first * 2);
  CHECK(first < wrong_at_once * 2);
}

TEST_CASE("a key given as its hash opens as the key does, and the hash does not", "[api]") {
  // Of "test".
  const std::string sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  const KeyRoles roles{.infer = true, .operate = false, .admin = false};
  const ApiKeys keys(std::vector<ApiKey>{{"plain", "other"}, {"hashed", "", sha256, roles}});
  const auto caller = keys.check(Fields{{"x-api-key", "test"}});
  REQUIRE(caller);
  CHECK(caller->key_name == "hashed");
  CHECK(caller->roles == roles);
  CHECK_FALSE(keys.check(Fields{{"x-api-key", sha256}}));
}

TEST_CASE("it is told whether a key came as Basic password", "[api]") {
  const ApiKeys keys(std::vector<ApiKey>{{"alice", "good"}});
  CHECK(keys.check(Fields{{"Authorization", BasicGood}})->by_basic);
  CHECK_FALSE(keys.check(Fields{{"Authorization", "Bearer good"}})->by_basic);
}

TEST_CASE("a request without a key does not open an empty one", "[api]") {
  const ApiKeys keys(std::vector<ApiKey>{{"empty", ""}});
  CHECK_FALSE(keys.check({}));
  CHECK_FALSE(keys.check(Fields{{"x-api-key", ""}}));
}

TEST_CASE("without configured keys nobody needs one", "[api]") {
  const ApiKeys keys(std::vector<ApiKey>{});
  const auto caller = keys.check(Fields{{"Authorization", "Bearer whatever"}});
  REQUIRE(caller);
  CHECK(caller->key_name.empty());
  CHECK(caller->roles == KeyRoles());
}

}  // namespace
}  // namespace llmsnap::api
