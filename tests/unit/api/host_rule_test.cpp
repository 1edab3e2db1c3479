#include "api/host_rule.h"

#include "catch.h"

namespace llmsnap::api {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("a connection to a loopback address serves only hosts that are known", "[api]") {
  struct Row {
    std::string host;
    bool served;
  };
  const auto row = GENERATE(
      Row{"localhost", true}, Row{"LocalHost:8080", true}, Row{"127.0.0.1", true},
      Row{"127.0.0.1:1", true}, Row{"[::1]:8080", true}, Row{"[::1]", true}, Row{"", true},
      Row{"box.lan", true}, Row{"BOX.lan:80", true}, Row{"Listen.name:8080", true},
      Row{"evil.example", false}, Row{"localhost.evil.example", false},
      Row{"127.0.0.1.evil.example:8080", false}, Row{"0.0.0.0:8080", false}, Row{"[::]", false},
      Row{"[::2]:8080", false}, Row{"127.0.0.2", false}, Row{"localhost.", false});
  Config config;
  config.allowed_hosts = {"box.lan:9000"};
  INFO(row.host);
  CHECK(static_cast<bool>(HostRule(config).check(row.host, "listen.name", true)) == row.served);
}

TEST_CASE("a refused host is told which key allows it", "[api]") {
  const auto checked = HostRule(Config{}).check("evil.example", "127.0.0.1", true);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == ErrorCode::MisdirectedRequest);
  CHECK_THAT(checked.error().message, Contains("allowedHosts") && Contains("evil.example"));
}

TEST_CASE("an address that means all addresses is no name to be reached by", "[api]") {
  const std::string listen_name = GENERATE("0.0.0.0", "::", "[::]", "");
  CHECK_FALSE(HostRule(Config{}).check("0.0.0.0:8080", listen_name, true));
  CHECK_FALSE(HostRule(Config{}).check("[::]:8080", listen_name, true));
}

TEST_CASE("any host is served where rebinding gains nothing", "[api]") {
  SECTION("on an address that is not loopback") {
    CHECK(HostRule(Config{}).check("evil.example", "192.0.2.1", false));
  }
  SECTION("with keys") {
    Config config;
    config.api_keys = {{"a", "secret"}};
    CHECK(HostRule(config).check("evil.example", "127.0.0.1", true));
  }
  SECTION("where the config says so") {
    Config config;
    config.allowed_hosts = {"*"};
    CHECK(HostRule(config).check("evil.example", "127.0.0.1", true));
  }
}

}  // namespace
}  // namespace llmsnap::api
