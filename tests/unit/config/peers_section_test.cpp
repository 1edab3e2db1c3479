#include "config/peers_section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "config_text.h"
#include "support/temporary_folder.h"

namespace llmsnap {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a peer takes its keys and defaults", "[config]") {
  const Config config = config_of(
      "peers:\n"
      "  far:\n"
      "    proxy: https://far.example:8443/base\n"
      "    apiKey: sesame\n"
      "    models: [m, org/n]\n"
      "    filters: {stripParams: 'b, a', setParams: {x: [1]}, setParamsByID: {m: {y: 2}}}\n"
      "    timeouts: {connect: 5, responseHeader: 0, idle: 2m}\n"
      "  org/near: {proxy: unix:/run/near.sock, models: m}\n");
  REQUIRE(config.peers.size() == 2);
  PeerConfig far;
  far.id = "far";
  far.proxy = "https://far.example:8443/base";
  far.api_key = "sesame";
  far.models = {"m", "org/n"};
  far.filters.strip_params = {"a", "b"};
  far.filters.set_params = {{"x", "[1]"}};
  far.filters.set_params_by_id = {{"m", {{"y", "2"}}}};
  far.timeouts.connect = milliseconds(5000);
  far.timeouts.response_header = milliseconds(0);
  far.timeouts.idle = milliseconds(120'000);
  CHECK(config.peers.at("far") == far);
  PeerConfig near;
  near.id = "org/near";
  near.proxy = "unix:/run/near.sock";
  near.models = {"m"};
  CHECK(near.timeouts.connect == milliseconds(30'000));
  CHECK(near.timeouts.response_header == milliseconds(60'000));
  CHECK(config.peers.at("org/near") == near);
  CHECK(config.warnings.empty());
  CHECK(config_of("peers:\n").peers.empty());
}

TEST_CASE("a peer that cannot be is an error with line and key", "[config]") {
  struct Row {
    std::string peers;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"peers: [a]\n", "c.yaml:1: peers: expected a mapping, found a list"},
      {"peers:\n  p: [a]\n", "c.yaml:2: peers.p: expected a mapping, found a list"},
      {"peers:\n  p:\n", "c.yaml:2: peers.p: proxy is required"},
      {"peers:\n  p: {models: [m]}\n", "c.yaml:2: peers.p: proxy is required"},
      {"peers:\n  p: {models: [m], proxy: ''}\n", "c.yaml:2: peers.p.proxy: proxy is required"},
      {"peers:\n  p: {models: [m], proxy: h:1}\n",
       "c.yaml:2: peers.p.proxy: invalid peer proxy URL: "},
      {"peers:\n  p: {proxy: http://h}\n", "c.yaml:2: peers.p: peer models can not be empty"},
      {"peers:\n  p: {proxy: http://h, models: }\n",
       "c.yaml:2: peers.p: peer models can not be empty"},
      {"peers:\n  p: {proxy: http://h, models: []}\n",
       "c.yaml:2: peers.p.models: peer models can not be empty"},
      {"peers:\n  p: {proxy: http://h, models: [m, '']}\n",
       "c.yaml:2: peers.p.models[1]: a name must not be empty"},
      {"peers:\n  p: {proxy: http://h, models: [m, {}]}\n",
       "c.yaml:2: peers.p.models[1]: expected a text, found a mapping"},
      {"peers:\n  ' ': {proxy: http://h, models: m}\n",
       "c.yaml:2: peers. : a peer's id must not be empty"},
      {"peers:\n  p: {proxy: http://h, models: m, timeouts: {idle: -1}}\n",
       "c.yaml:2: peers.p.timeouts.idle: expected a time"},
      {"peers:\n  p: {proxy: http://h, models: m, filters: {setParams: [a]}}\n",
       "c.yaml:2: peers.p.filters.setParams: expected a mapping"},
  }));
  const std::string message = error_of(row.peers);
  INFO(message);
  CHECK(message.find(row.message) == 0);
}

TEST_CASE("all that is wrong with peers is told at once", "[config]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/c.yaml";
  std::ofstream(path) << "peers:\n"
                         "  p: {proxy: '', filters: 1}\n"
                         "  q: {proxy: http://h, models: [m, '']}\n";
  const CheckedConfig checked = check_config({path, {}});
  const std::string all = fmt::format("{}", fmt::join(checked.errors, "\n"));
  INFO(all);
  CHECK(checked.errors.size() == 4);
  for (const char* part :
       {":2: peers.p.proxy: proxy is required", ":2: peers.p.filters: expected a mapping",
        ":2: peers.p: peer models can not be empty", ":3: peers.q.models[1]: "}) {
    INFO(part);
    CHECK(contains(all, part));
  }
}

TEST_CASE("a peer's key that cannot be sent is an error that does not show it", "[config]") {
  const std::string message =
      error_of("peers: {p: {proxy: http://h, models: m, apiKey: \"sesame\\r\\nX: y\"}}\n");
  CHECK(contains(message, "peers.p.apiKey: an api key cannot hold control characters"));
  CHECK_FALSE(contains(message, "sesame"));
}

TEST_CASE("global macros are expanded in the whole tree of a peer, with their types", "[config]") {
  const Config config = config_of(
      "macros: {host: h.example, t: 0.5, key: sesame, name: m, limit: 7}\n"
      "peers:\n"
      "  p:\n"
      "    proxy: http://${host}/x\n"
      "    apiKey: ${key}\n"
      "    models: ['${name}-1']\n"
      "    filters: {stripParams: '${name}', setParams: {a: '${t}', b: 'x${t}'}}\n"
      "    timeouts: {connect: '${limit}'}\n");
  const PeerConfig& peer = config.peers.at("p");
  CHECK(peer.proxy == "http://h.example/x");
  CHECK(peer.api_key == "sesame");
  CHECK(peer.models == std::vector<std::string>{"m-1"});
  CHECK(peer.filters.strip_params == std::vector<std::string>{"m"});
  CHECK(peer.filters.set_params == std::vector<SetParam>{{"a", "0.5"}, {"b", "\"x0.5\""}});
  CHECK(peer.timeouts.connect == milliseconds(7000));
}

TEST_CASE("a peer knows no macros but the global ones", "[config]") {
  const auto [key, place] = GENERATE(table<std::string, std::string>({
      {"apiKey: '${own}'", "peers.p.apiKey"},
      {"filters: {stripParams: '${own}'}", "peers.p.filters.stripParams"},
      {"filters: {setParams: {a: {b: '${own}'}}}", "peers.p.filters.setParams.a.b"},
  }));
  const std::string message = error_of(
      "models: {x: {proxy: http://h, macros: {own: 1}}}\n"
      "peers: {p: {proxy: http://h, models: m, " +
      key + "}}\n");
  INFO(message);
  CHECK(contains(message, "unknown macro"));
  CHECK(contains(message, place));
}

TEST_CASE("a qualified name belongs to one thing", "[config]") {
  const std::string peer = "peers: {p: {proxy: http://h, models: [other, m]}}\n";
  const std::string conflict = "conflicts with fully qualified peer model name p/m";
  SECTION("not to two peers") {
    const std::string message = error_of(
        "peers:\n  a: {proxy: http://h, models: b/c}\n  a/b: {proxy: http://h, models: [c]}\n");
    CHECK(message ==
          "c.yaml:3: peers.a/b.models[0]: fully qualified peer model name a/b/c is ambiguous: it "
          "is one of peer a too");
  }
  SECTION("to a peer once, however often it is listed") {
    const Config config = config_of("peers: {p: {proxy: http://h, models: [m, n, m]}}\n");
    CHECK(config.peers.at("p").models == std::vector<std::string>{"m", "n"});
    REQUIRE(config.warnings.size() == 1);
    CHECK(contains(config.warnings[0], "peers.p.models[2]: it is in the list already"));
  }
  SECTION("not to a model") {
    CHECK(error_of(peer + "models: {p/m: {proxy: http://h}}\n") ==
          "c.yaml:1: peers.p.models[1]: model ID p/m " + conflict);
  }
  SECTION("not to an alias") {
    CHECK(error_of(peer + "models: {x: {proxy: http://h, aliases: [p/m]}}\n") ==
          "c.yaml:1: peers.p.models[1]: alias p/m of model x " + conflict);
  }
  SECTION("not to an alias that a filter brings") {
    CHECK(error_of(peer +
                   "models: {x: {proxy: http://h, filters: {setParamsByID: {p/m: {a: 1}}}}}\n") ==
          "c.yaml:1: peers.p.models[1]: alias p/m of model x " + conflict);
  }
  SECTION("not to a selector") {
    CHECK(contains(error_of(peer + "models: {x: {proxy: http://h}}\n"
                                   "selectors: {p/m: {strategy: pin, targets: [x]}}\n"),
                   "c.yaml:3: selectors.p/m: name " + conflict));
  }
  SECTION("not to a pin") {
    CHECK(contains(error_of(peer + "models: {x: {proxy: http://h}}\n"
                                   "profiles: {f: {pins: {p/m: x}}}\n"),
                   "c.yaml:3: profiles.f.pins.p/m: pin p/m " + conflict));
  }
}

TEST_CASE("all timeouts of a peer are read, with llama-swap's defaults", "[config]") {
  const std::string peer = "peers: {p: {proxy: http://h, models: m";
  const ConnectionTimeouts usual = config_of(peer + "}}\n").peers.at("p").timeouts;
  CHECK(usual.tls_handshake == milliseconds(10'000));
  CHECK(usual.keep_alive == milliseconds(30'000));
  CHECK(usual.idle_connection == milliseconds(90'000));
  const Config config = config_of(
      peer + ", timeouts: {keepalive: 5, tlsHandshake: 2s, expectContinue: 1, idleConn: 0}}}\n");
  CHECK(config.warnings.empty());
  const ConnectionTimeouts& given = config.peers.at("p").timeouts;
  CHECK(given.keep_alive == milliseconds(5'000));
  CHECK(given.tls_handshake == milliseconds(2'000));
  CHECK(given.idle_connection == milliseconds(0));
}

TEST_CASE("a peer's URL that ends in /v1 is warned of", "[config]") {
  const Config config = config_of("peers: {p: {proxy: http://h/v1, models: m}}\n");
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "peers.p.proxy: requests keep their path"));
}

}  // namespace
}  // namespace llmsnap
