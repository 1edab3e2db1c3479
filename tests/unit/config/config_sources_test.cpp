#include <fstream>
#include <string>

#include "config_text.h"
#include "support/temporary_folder.h"

namespace llmsnap {
namespace {

/// Files of a folder, and a config file beside it.
class Files {
 public:
  Files& add(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(folder());
    std::ofstream(folder() + "/" + name) << text;
    return *this;
  }
  Files& add_config(const std::string& text) {
    std::ofstream(config()) << text;
    return *this;
  }
  std::string folder() const { return temporary_.path("d"); }
  std::string config() const { return temporary_.path("main.yaml"); }

  CheckedConfig check_all() const { return check_config({config(), folder()}); }
  CheckedConfig check_folder(const Config* running = nullptr) const {
    return check_config({"", folder()}, Warnings::Told, running);
  }

 private:
  test::TemporaryFolder temporary_;
};

std::string first_error(const CheckedConfig& checked) {
  REQUIRE_FALSE(checked.errors.empty());
  return checked.errors.front();
}

TEST_CASE("a config may come from a file, a folder, or both", "[config]") {
  Files files;
  files.add("b.yaml", "models: {b: {cmd: 'srv ${PORT}'}}\napiKeys: [two]\n")
      .add("a.yml", "models: {a: {cmd: 'srv ${PORT} ${m}'}}\napiKeys: [one]\nmacros: {m: 1}\n")
      .add("c.yaml", "# nothing\n")
      .add("notes.txt", "models: [")
      .add_config("startPort: 7000\nmodels: {c: {cmd: 'srv ${PORT} ${m}'}}\n");
  const CheckedConfig folder = files.check_folder();
  REQUIRE(folder.config);
  CHECK(folder.config->models.size() == 2);
  CHECK(folder.config->models.at("b").port == 5801);
  CHECK(folder.config->api_keys.at(0).key == "one");
  const CheckedConfig both = files.check_all();
  REQUIRE(both.config);
  CHECK(both.config->models.at("c").cmd == "srv ${PORT} 1");
  CHECK(both.config->models.at("c").port == 7002);
}

TEST_CASE("models of a running config keep their ports, and new ones get others", "[config]") {
  Files files;
  files.add("models.yaml", "models: {b: {cmd: 'srv ${PORT}'}, c: {cmd: 'srv ${PORT}'}}\n");
  const CheckedConfig first = files.check_folder();
  REQUIRE(first.config);
  CHECK(first.config->models.at("b").port == 5800);
  Files more;
  more.add("models.yaml",
           "models: {a: {cmd: 'srv ${PORT}'}, b: {cmd: 'srv ${PORT}'}, c: {cmd: 'srv 9', proxy: "
           "'http://h'},"
           " d: {cmd: 'srv ${PORT}'}}\n");
  const CheckedConfig second = more.check_folder(&*first.config);
  REQUIRE(second.config);
  CHECK(second.config->models.at("b").port == 5800);
  CHECK(second.config->models.at("a").port == 5802);
  CHECK(second.config->models.at("d").port == 5803);
  CHECK(more.check_folder().config->models.at("b").port == 5801);
}

TEST_CASE("what has a name of its own stands in one file", "[config]") {
  Files files;
  files.add_config("models: {a: {proxy: 'http://h'}}\n")
      .add("x.yaml", "\nmodels: {a: {proxy: 'http://h'}}\n");
  CHECK(first_error(files.check_all()) == files.folder() +
                                              "/x.yaml:2: models.a: duplicate models "
                                              "\"a\", first in " +
                                              files.config() + ":1");
}

TEST_CASE("a peer, a selector and a profile stand in one file each", "[config]") {
  const std::string section = GENERATE("peers", "selectors", "profiles");
  Files files;
  files.add_config(section + ": {x: {}}\n").add("x.yaml", "\n" + section + ": {x: {}}\n");
  CHECK(contains(first_error(files.check_all()),
                 "/x.yaml:2: " + section + ".x: duplicate " + section + " \"x\", first in "));
}

TEST_CASE("a group stands in one file, and so does a matrix", "[config]") {
  struct Row {
    std::string text;
    std::string path;
    std::string name;
  };
  const Row row = GENERATE(values<Row>({
      {"groups: {x: {}}", "groups", "x"},
      {"matrix: {sets: {s: a}}", "matrix", "sets"},
      {"routing: {router: {settings: {groups: {x: {}}}}}", "routing.router.settings.groups", "x"},
      {"routing: {router: {settings: {matrix: {sets: {s: a}}}}}", "routing.router.settings.matrix",
       "sets"},
  }));
  Files files;
  files.add_config(row.text + "\n").add("x.yaml", "\n" + row.text + "\n");
  CHECK(contains(first_error(files.check_all()), "/x.yaml:2: " + row.path + "." + row.name +
                                                     ": duplicate " + row.path + " \"" + row.name +
                                                     "\", first in "));
}

TEST_CASE("groups of several files come together, where they stand at the same place", "[config]") {
  const auto [before, after] = GENERATE(table<std::string, std::string>(
      {{"groups: {", "}\n"}, {"routing: {router: {settings: {groups: {", "}}}}\n"}}));
  Files files;
  files.add_config("models: {a: {proxy: 'http://h'}}\n" + before + "one: {members: [a]}" + after)
      .add("x.yaml", "models: {b: {proxy: 'http://h'}}\n" + before + "two: {members: [b]}" + after);
  const CheckedConfig checked = files.check_all();
  REQUIRE(checked.config);
  const std::vector<GroupConfig>& groups = checked.config->groups;
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].name == "one");
  CHECK(groups[1].name == "two");
  CHECK(groups[1].members == std::vector<std::string>{"b"});
}

TEST_CASE("selectors and profiles name what other files bring", "[config]") {
  Files files;
  files.add_config("profiles: {f: {pins: {n: s}}}\nselectors: {s: {strategy: pin, targets: [m]}}\n")
      .add("x.yaml", "peers: {p: {proxy: 'http://h', models: [m]}}\n");
  const CheckedConfig checked = files.check_all();
  REQUIRE(checked.config);
  CHECK(checked.config->selectors.at("s").targets == std::vector<std::string>{"p/m"});
}

TEST_CASE("one value in two files must be the same", "[config]") {
  Files files;
  files.add_config("startPort: 7000\nlogLevel: warn\n")
      .add("x.yaml", "startPort: 7000\nlogLevel: debug\n");
  CHECK(contains(first_error(files.check_all()), "x.yaml:2: logLevel: conflict at \"logLevel\""));
  files.add("x.yaml", "startPort: {}\n");
  CHECK(contains(first_error(files.check_all()), "incompatible YAML node kinds"));
  files.add("x.yaml", "startPort:\nlogLevel: warn\n");
  CHECK(files.check_all().config->start_port == 7000);
}

TEST_CASE("a null that is written is a value, and nothing yields to the other file", "[config]") {
  const std::string null = GENERATE("~", "null", "Null # x");
  Files files;
  files.add_config("logLevel:\nstartPort: " + null + "\n").add("x.yaml", "startPort: 7000\n");
  CHECK(contains(first_error(files.check_all()), "x.yaml:1: startPort: conflict at \"startPort\""));
  files.add("x.yaml", "macros: {a: " + null + "\n}\nstartPort: {}\n");
  CHECK(contains(first_error(files.check_all()), "incompatible YAML node kinds"));
  files.add("x.yaml", "logLevel: warn\nstartPort: " + null + "\n");
  CHECK(files.check_all().config);
  files.add("x.yaml", "startPort:\nnull: 1\n").add_config("startPort: 7000\n");
  CHECK(files.check_all().config->start_port == 7000);
}

// Where each key is looked for among all others this takes minutes, and the test's time is up.
TEST_CASE("files of very many keys are merged in time that grows with them", "[config]") {
  Files files;
  files.add_config("startPort: 7000\n");
  for (const std::string file : {"a", "b", "c"}) {
    std::string text = "x-a:\n";
    for (int key = 0; key < 49'000; ++key) {
      text += "  " + file + std::to_string(key) + ":\n";
    }
    files.add(file + ".yaml", text + "startPort: 7001\n");
  }
  CHECK(contains(first_error(files.check_all()), "a.yaml:49002: startPort: conflict"));
}

TEST_CASE("an error in one of several files names that file and its line", "[config]") {
  Files files;
  files.add_config("startPort: 7000\n\n").add("x.yaml", "\nioThreads: many\n");
  CHECK(first_error(files.check_all()).find(files.folder() + "/x.yaml:2: ioThreads: expected") ==
        0);
  files.add("x.yaml", "a: [");
  CHECK(contains(first_error(files.check_all()), "x.yaml:1: invalid YAML"));
  files.add("x.yaml", "- a\n");
  CHECK(contains(first_error(files.check_all()), "x.yaml:1: expected a mapping"));
}

TEST_CASE("where there is no config to read, that is said", "[config]") {
  Files files;
  files.add("notes.txt", "");
  CHECK(contains(first_error(check_config({})), "at least one of -config or -config-dir"));
  CHECK(contains(first_error(files.check_folder()), "no configuration sources found"));
  CHECK(contains(first_error(check_config({"", files.folder() + "/none"})),
                 "cannot read config folder"));
  files.add_config("");
  CHECK(files.check_all().config);
  files.add("x.yaml", "");
  CHECK(contains(first_error(check_config({files.folder() + "/x.yaml", files.folder()})),
                 "is also present in -config-dir"));
}

TEST_CASE("variables of the environment are replaced file by file", "[config]") {
  ::setenv("LLMSNAP_TEST_LIST", "a, b", 1);
  Files files;
  files.add_config("models: {x: {proxy: 'http://h', aliases: [${env.LLMSNAP_TEST_LIST}]}}\n")
      .add("x.yaml", "apiKeys: [${env.LLMSNAP_TEST_NONE}]\n");
  CHECK(contains(first_error(files.check_all()),
                 "x.yaml:1: environment variable LLMSNAP_TEST_NONE is not set"));
  files.add("y.yaml", "allowedHosts: a\nspoolDir: ${env.LLMSNAP_TEST_NO}\n#\n")
      .add("x.yaml", "apiKeys: [${env.LLMSNAP_TEST_NONE},\n${env.LLMSNAP_TEST_A}]\n");
  const std::vector<std::string> errors = files.check_all().errors;
  REQUIRE(errors.size() == 3);
  CHECK(contains(errors[0], "x.yaml:1: environment variable LLMSNAP_TEST_NONE is not set"));
  CHECK(contains(errors[1], "x.yaml:2: environment variable LLMSNAP_TEST_A is not set"));
  CHECK(contains(errors[2], "y.yaml:2: spoolDir: environment variable LLMSNAP_TEST_NO is not set"));
  files.add("x.yaml", "").add("y.yaml", "");
  CHECK(files.check_all().config->models.at("x").aliases == std::vector<std::string>{"a", "b"});
}

}  // namespace
}  // namespace llmsnap
