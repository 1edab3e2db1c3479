// Configs in the manner of users of llama-swap: what each comes to stands in the JSON file beside
// it, derived by hand from what YAML, macros and defaults mean there.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "config_text.h"

namespace llmsnap {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path Folder = fs::path(LLMSNAP_SOURCE_DIR) / "tests/data/user-configs";

void set_variables() {
  const auto set = [](const char* name, const char* value) {
    REQUIRE(::setenv(name, value, 1) == 0);
  };
  set("LLMSNAP_TEST_PORT", "7000");
  set("LLMSNAP_TEST_KEY", "sk-from-env");
  set("LLMSNAP_TEST_HOME", "/home/me");
  set("LLMSNAP_TEST_THREADS", "8");
  set("LLMSNAP_TEST_QUOTES", "a \"b\" \\c");
  set("LLMSNAP_TEST_ALIASES", "x, y z");
  REQUIRE(::unsetenv("LLMSNAP_TEST_GONE") == 0);
}

/// Members that are not expected are not looked at. The recursion ends with the expectation's.
void check(const Json& expected, const Json& found, const std::string& path) {
  if (!expected.is_object() || !found.is_object()) {
    INFO(path);
    CHECK(found == expected);
    return;
  }
  for (const auto& [key, value] : expected.items()) {
    const std::string place = path + "/" + key;
    INFO(place);
    REQUIRE(found.contains(key));
    // What is empty must be so: an object without members expects nothing otherwise.
    if (value.is_object() && value.empty()) {
      CHECK(found[key] == value);
    } else {
      check(value, found[key], place);
    }
  }
}

std::set<std::string> names() {
  std::set<std::string> found;
  for (const auto& file : fs::directory_iterator(Folder)) {
    if (file.path().extension() == ".yaml") {
      found.insert(file.path().stem().string());
    }
  }
  return found;
}

TEST_CASE("configs of users come to what llama-swap makes of them", "[config]") {
  set_variables();
  const std::set<std::string> files = names();
  CHECK(files.size() >= 14);
  for (const std::string& name : files) {
    INFO(name);
    const auto config = load_config((Folder / (name + ".yaml")).string());
    INFO((config ? std::string() : config.error().message));
    REQUIRE(config);
    std::ifstream expected(Folder / (name + ".json"));
    check(Json::parse(expected), Json::parse(resolved_json(*config)), name);
  }
}

}  // namespace
}  // namespace llmsnap
