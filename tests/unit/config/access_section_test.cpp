#include "config_text.h"

namespace llmsnap {
namespace {

TEST_CASE("keys are texts or have names", "[config]") {
  const Config config = config_of(
      "apiKeys:\n  - sk-one\n  - {name: laptop, key: sk-two}\n  - 12345\n  - {key: sk-three}\n");
  const std::vector<ApiKey> expected{
      {"key 1", "sk-one"}, {"laptop", "sk-two"}, {"key 3", "12345"}, {"key 4", "sk-three"}};
  CHECK(config.api_keys == expected);
}

const std::string Sha256 = "9F86D081884C7D659A2FEAA0C55AD015a3bf4f1b2b0b822cd15d6c15b0f00a08";

TEST_CASE("a key may be given as its hash, and open less than all", "[config]") {
  const Config config = config_of("apiKeys:\n  - {name: ci, sha256: " + Sha256 +
                                  ", roles: [infer]}\n  - {key: k, roles: [operate, admin]}\n" +
                                  "  - {key: l, roles: infer}\n");
  REQUIRE(config.api_keys.size() == 3);
  CHECK(config.api_keys[0].key.empty());
  CHECK(config.api_keys[0].sha256 ==
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
  CHECK(config.api_keys[0].roles == KeyRoles{true, false, false});
  CHECK(config.api_keys[1].roles == KeyRoles{false, true, true});
  CHECK(config.api_keys[2].roles == KeyRoles{true, false, false});
  CHECK(config_of("apiKeys: [k]\n").api_keys[0].roles == KeyRoles{true, true, true});
}

TEST_CASE("a key that cannot be is an error that does not show it", "[config]") {
  struct Row {
    std::string keys;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"apiKeys:\n  - \"\"\n", "c.yaml:2: apiKeys[0]: empty api key found in apiKeys"},
      {"apiKeys:\n  - ok\n  - ~\n", "c.yaml:3: apiKeys[1]: empty api key found in apiKeys"},
      {"apiKeys:\n  - ok\n  - \"sesame x\"\n",
       "c.yaml:3: apiKeys[1]: api key cannot contain spaces"},
      {"apiKeys:\n  - \"  \"\n", "c.yaml:2: apiKeys[0]: api key cannot contain spaces"},
      {"apiKeys:\n  - \"sesame \"\n", "c.yaml:2: apiKeys[0]: api key cannot contain spaces"},
      {"apiKeys:\n  - \"sesame\\t\"\n",
       "c.yaml:2: apiKeys[0]: api key cannot contain control characters"},
      {"apiKeys:\n  - {key: \" sesame\"}\n",
       "c.yaml:2: apiKeys[0].key: api key cannot contain spaces"},
      {"apiKeys:\n  - {name: x}\n", "c.yaml:2: apiKeys[0]: empty api key"},
      {"apiKeys:\n  - {sha256: sesame}\n",
       "c.yaml:2: apiKeys[0].sha256: expected the SHA-256 of a key: 64 hexadecimal digits"},
      {"apiKeys:\n  - {key: sesame, sha256: \"" + Sha256 + "\"}\n",
       "c.yaml:2: apiKeys[0]: both key and sha256 are given"},
      {"apiKeys:\n  - {key: sesame, roles: []}\n",
       "c.yaml:2: apiKeys[0].roles: a key without roles"},
      {"apiKeys:\n  - {key: sesame, roles: }\n", "c.yaml:2: apiKeys[0].roles: no value is given"},
      {"apiKeys:\n  - {key: sesame, roles: [infer, sesame]}\n",
       "c.yaml:2: apiKeys[0].roles[1]: unknown role; expected infer, operate or admin"},
      {"apiKeys:\n  - " + std::string(4097, 'k') + "\n",
       "c.yaml:2: apiKeys[0]: api key is longer than 4096 bytes"},
      {"apiKeys: sesame\n", "c.yaml:1: apiKeys: expected a list, found a text"},
      {"apiKeys:\n  - [sesame]\n", "c.yaml:2: apiKeys[0]: expected a text, found a list"},
  }));
  const std::string message = error_of(row.keys);
  INFO(message);
  CHECK(message.find(row.message) == 0);
  CHECK_FALSE(contains(message, "sesame"));
}

TEST_CASE("what a key does not know of what bounds it is an error, not a key that may do all",
          "[config]") {
  const std::string wrong = GENERATE("role: [infer]", "rolls: infer", "x-note: 1");
  const std::string message = error_of("apiKeys: [{key: sk-1, " + wrong + "}]\n");
  CHECK(contains(message, "c.yaml:1: apiKeys[0]."));
  CHECK(contains(message, "unknown key"));
  CHECK_FALSE(contains(message, "sk-1"));
  CHECK(contains(error_of("keys: [sk-1]\n"), "did you mean apiKeys?"));
}

TEST_CASE("a repeated key counts once, with a warning that does not show it", "[config]") {
  const Config config = config_of("apiKeys:\n  - sesame\n  - {name: b, key: sesame}\n");
  CHECK(config.api_keys.size() == 1);
  REQUIRE(config.warnings.size() == 1);
  CHECK(config.warnings[0] ==
        "c.yaml:3: apiKeys[1]: repeats an earlier key, which is the one that counts");
}

TEST_CASE("listen takes one address or a list", "[config]") {
  CHECK(config_of("listen: 127.0.0.1:1\n").listen == std::vector<std::string>{"127.0.0.1:1"});
  CHECK(config_of("listen: [\":1\", \"[::1]:2\", unix:/x]\n").listen ==
        std::vector<std::string>{":1", "[::1]:2", "unix:/x"});
  CHECK(contains(error_of("listen:\n  - :1\n  - nonsense\n"),
                 "c.yaml:3: listen[1]: invalid listen address \"nonsense\""));
}

TEST_CASE("allowed hosts are names without port, in lower case", "[config]") {
  CHECK(config_of("allowedHosts: [LLM.Example.lan, '*', '[::1]', 10.0.0.1]\n").allowed_hosts ==
        std::vector<std::string>{"llm.example.lan", "*", "::1", "10.0.0.1"});
  const std::string bad = GENERATE("http://a", "a:80", "\"\"", "\"a b\"", "a/b");
  CHECK(contains(error_of("allowedHosts: [" + bad + "]\n"), "c.yaml:1: allowedHosts[0]: expected"));
}

TEST_CASE("trusted proxies are addresses or blocks", "[config]") {
  CHECK(config_of("trustedProxies: [10.0.0.0/8, \"::1\"]\n").trusted_proxies ==
        std::vector<std::string>{"10.0.0.0/8", "::1"});
  CHECK(config_of("trustedProxies: 127.0.0.1\n").trusted_proxies.size() == 1);
  CHECK(contains(error_of("trustedProxies: [10.0.0.0/40]\n"),
                 "c.yaml:1: trustedProxies[0]: invalid network"));
}

}  // namespace
}  // namespace llmsnap
