#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <stop_token>
#include <thread>

#include "base/unique_fd.h"
#include "config_text.h"
#include "support/temporary_folder.h"

namespace llmsnap {
namespace {

TEST_CASE("an empty config gives the defaults", "[config]") {
  const std::string text = GENERATE("", "# nothing\n", "models:\n", "{}\n", "x-anchors: {a: 1}\n");
  CHECK(config_of(text) == Config{});
}

TEST_CASE("the keys of the top level are read", "[config]") {
  const Config config = config_of(
      "ioThreads: 2\nspoolDir: /tmp\nshutdownTimeout: 5s\naccessLog: json\n"
      "includeAliasesInList: true\nlogLevel: debug\n");
  CHECK(config.io_threads == 2);
  CHECK(config.spool_dir == "/tmp");
  CHECK(config.shutdown_timeout == std::chrono::seconds(5));
  CHECK(config.access_log == AccessLogFormat::Json);
  CHECK(config.include_aliases_in_list);
  CHECK(config.log_level == LogLevel::Debug);
}

TEST_CASE("the log level is read leniently", "[config]") {
  CHECK(config_of("logLevel: ' WARN '\n").log_level == LogLevel::Warn);
  CHECK(config_of("logLevel: Error\n").log_level == LogLevel::Error);
  const Config config = config_of("logLevel: chatty\n");
  CHECK(config.log_level == LogLevel::Info);
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "c.yaml:1: logLevel: unknown level \"chatty\""));
}

TEST_CASE("the access log can be turned off", "[config]") {
  CHECK(config_of("accessLog: off\n").access_log == AccessLogFormat::Off);
  CHECK(config_of("accessLog: false\n").access_log == AccessLogFormat::Off);
  CHECK(contains(error_of("accessLog: xml\n"), "c.yaml:1: accessLog: expected text, json or off"));
}

TEST_CASE("an unknown key is a warning with line and the nearest known key", "[config][C17]") {
  const Config config = config_of(
      "healthCheckTimeOut: 3\n"
      "models:\n"
      "  x:\n"
      "    proxy: http://h\n"
      "    usemodelname: y\n"
      "    zzz: 1\n");
  const std::vector<std::string> expected{
      "c.yaml:1: healthCheckTimeOut: unknown key without effect, did you mean healthCheckTimeout?",
      "c.yaml:5: models.x.usemodelname: unknown key without effect, did you mean useModelName?",
      "c.yaml:6: models.x.zzz: unknown key without effect"};
  CHECK(config.warnings == expected);
}

TEST_CASE("errors are told in the order of their lines, those of one list too", "[config]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("c.yaml");
  std::ofstream(path) << "models:\n"
                         "  a:\n"
                         "    cmd: s ${PORT}\n"
                         "    ttl: x\n"
                         "    capabilities: {in: [smell, text, taste]}\n"
                         "    queue: {limit: x}\n"
                         "groups:\n"
                         "  g:\n"
                         "    swap: 7\n"
                         "    members:\n"
                         "      - y3\n"
                         "      - y1\n";
  const CheckedConfig checked = check_config({path, {}});
  REQUIRE(checked.errors.size() == 7);
  int line = 0;
  for (const int wanted : {4, 5, 5, 6, 9, 11, 12}) {
    INFO(checked.errors[line]);
    CHECK(contains(checked.errors[line++], "c.yaml:" + std::to_string(wanted) + ": "));
  }
}

TEST_CASE("a key that is unknown at many places is told of once", "[config][C17]") {
  const Config config = config_of(
      "models:\n  a: {proxy: 'http://h', mine: 1}\n  b: {proxy: 'http://h', mine: 2}\n"
      "  c: {proxy: 'http://h', mine: 3, x-mine: 4}\n");
  CHECK(config.warnings == std::vector<std::string>{"c.yaml:2: models.a.mine: unknown key without "
                                                    "effect; also at c.yaml:3, c.yaml:4"});
}

TEST_CASE("what users of other programs write is told by its name here", "[config][C17]") {
  const auto [text, meant] = GENERATE(table<std::string, std::string>({
      {"models: {a: {proxy: 'http://h', stripParams: b}}", "filters.stripParams"},
      {"models: {a: {proxy: 'http://h', start_timeout: 9}}", "healthCheckTimeout"},
      {"models: {a: {proxy: 'http://h'}}\ngroups: {g: {models: [a]}}", "members"},
      {"maxRunningModels: 1", "maxLoaded"},
      {"port: 8080", "listen"},
  }));
  const Config config = config_of(text + "\n");
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "did you mean " + meant + "?"));
}

TEST_CASE("an item of a list whose value is commented out is passed over", "[config]") {
  const Config config = config_of(
      "models:\n"
      "  a: {cmd: 's ${PORT}', aliases: [x, ~, y], env: [A=1, ~]}\n"
      "  b: {proxy: 'http://h'}\n"
      "groups:\n  g:\n    members:\n      - a\n      - # c\n      - b\n"
      "peers: {p: {proxy: 'http://h', models: [m, ~]}}\n"
      "hooks: {on_startup: {preload: [~, a]}}\n");
  CHECK(config.models.at("a").aliases == std::vector<std::string>{"x", "y"});
  CHECK(config.models.at("a").env == std::vector<std::string>{"A=1"});
  CHECK(config.groups.at(0).members == std::vector<std::string>{"a", "b"});
  CHECK(config.peers.at("p").models == std::vector<std::string>{"m"});
  CHECK(config.preload == std::vector<std::string>{"a"});
  CHECK(contains(error_of("groups: {g: {members: [~, d]}}\n"), "groups.g.members[1]: "));
  CHECK(contains(error_of("apiKeys: [k, ~]\n"), "empty api key"));
}

TEST_CASE("where warnings are refused each of them is an error", "[config][C17]") {
  CHECK(error_of("listn: :1\n", Warnings::Refused) ==
        "c.yaml:1: listn: unknown key without effect, did you mean listen?");
  CHECK(contains(error_of("logLevel: chatty\n", Warnings::Refused), "unknown level"));
  CHECK(parse_config("ttl: 3\n", "c", Warnings::Told));
  CHECK(parse_config("x-mine: 1\ngroups: {}\n", "c", Warnings::Refused));
}

TEST_CASE("a text that is no mapping is an error", "[config]") {
  CHECK(contains(error_of("- a\n"), "c.yaml:1: expected a mapping, found a list"));
  CHECK(contains(error_of("hello\n"), "c.yaml:1: expected a mapping, found a text"));
}

TEST_CASE("messages never hold control bytes", "[config]") {
  const std::string message = error_of("accessLog: \"\\e[31m\\n\"\n");
  CHECK_FALSE(contains(message, "\x1b"));
  CHECK_FALSE(contains(message, "\n"));
  CHECK(error_of("a: \"\\\x07\"\n").find('\x07') == std::string::npos);
}

TEST_CASE("which lines are shown is a word or a list", "[config]") {
  const auto [text, shown] = GENERATE(table<std::string, ShownLogs>({
      {"proxy", ShownLogs::Proxy},
      {"upstream", ShownLogs::Upstream},
      {"Both", ShownLogs::Both},
      {"none", ShownLogs::None},
      {"proxy,upstream", ShownLogs::Both},
      {"upstream, http", ShownLogs::Both},
      {"http", ShownLogs::Proxy},
  }));
  CHECK(config_of("logToStdout: " + text + "\n").log_to_stdout == shown);
  CHECK(config_of("{}").log_to_stdout == ShownLogs::Proxy);
  const std::string wrong = GENERATE("file", "proxy,", "proxy,both", "");
  CHECK(contains(error_of("logToStdout: '" + wrong + "'\n"),
                 "c.yaml:1: logToStdout: expected both, none, or proxy, upstream and http with "
                 "commas between, found \"" +
                     wrong + "\""));
}

TEST_CASE("the time of log lines has a name of Go's, or none", "[config]") {
  const auto [text, format] = GENERATE(table<std::string, LogTimeFormat>({
      {"rfc3339", LogTimeFormat::Rfc3339},
      {"RFC1123Z", LogTimeFormat::Rfc1123Z},
      {" StampMilli ", LogTimeFormat::StampMilli},
      {"none", LogTimeFormat::None},
      {"", LogTimeFormat::Utc},
  }));
  const Config config = config_of("logTimeFormat: '" + text + "'\n");
  CHECK(config.log_time_format == format);
  CHECK(config.warnings.empty());
  CHECK(config_of("{}").log_time_format == LogTimeFormat::Utc);
}

TEST_CASE("an unknown time of log lines is a warning", "[config]") {
  const Config config = config_of("logTimeFormat: iso8601\n");
  CHECK(config.log_time_format == LogTimeFormat::Utc);
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "c.yaml:1: logTimeFormat: unknown format \"iso8601\""));
}

TEST_CASE("all errors are told at once, and a load tells the first with how many others there are",
          "[config]") {
  const std::string text =
      "startPort: x\napiKeys: ['', 'a b']\nmodels:\n"
      "  a: {cmd: 'srv ${PORT} ${nope}', ttl: -5}\n  b: {}\n  c: {proxy: 'http://h'}\n"
      "groups: {g: {members: [c, d]}, h: {members: [c]}}\n";
  CHECK(contains(error_of(text), "c.yaml:1: startPort: expected a whole number"));
  CHECK(contains(error_of(text), "(and 7 more errors"));
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/c.yaml";
  std::ofstream(path) << text;
  const CheckedConfig checked = check_config({path, {}});
  CHECK_FALSE(checked.config);
  REQUIRE(checked.errors.size() == 8);
  const std::string all = fmt::format("{}", fmt::join(checked.errors, "\n"));
  for (const char* part :
       {":1: startPort", ":2: apiKeys[0]: empty api key", ":2: apiKeys[1]: api key cannot contain",
        ":4: models.a.cmd: unknown macro", ":4: models.a.ttl: invalid TTL value -5",
        ":5: models.b: cmd or proxy is required", ":7: groups.g.members[1]: no model has the id",
        ":7: groups.h.members[0]: c is used in multiple groups"}) {
    INFO(part);
    CHECK(contains(all, part));
  }
}

TEST_CASE("numbers and booleans have the spellings of Go's YAML", "[config][C16]") {
  CHECK(config_of("startPort: 0o17600\n").start_port == 8064);
  CHECK(config_of("startPort: 017600\n").start_port == 8064);
  CHECK(config_of("startPort: 0x1F90\n").start_port == 8080);
  CHECK(config_of("startPort: 8_080\n").start_port == 8080);
  CHECK(config_of("startPort: 8.08e3\n").start_port == 8080);
  CHECK(config_of("globalTTL: 1e3\nmodels: {x: {proxy: 'http://h'}}\n").models.at("x").ttl ==
        std::chrono::seconds(1000));
  // Not 0, which means that there is no limit.
  CHECK(config_of("limits: {bodyIdle: 0.0001}\n").limits.body_idle == std::chrono::milliseconds(1));
  CHECK(config_of("includeAliasesInList: \"yes\"\n").include_aliases_in_list);
  CHECK(config_of("includeAliasesInList: on\n").include_aliases_in_list);
  CHECK(contains(error_of("includeAliasesInList: \"true\"\n"), "found the quoted text \"true\""));
  CHECK(config_of("models: {x: {proxy: 'http://h', useModelName: 4}}\n")
            .models.at("x")
            .use_model_name == "4");
}

TEST_CASE("a second document is a warning", "[config]") {
  const Config config = config_of("startPort: 7\n---\nstartPort: 8\n");
  CHECK(config.start_port == 7);
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "c.yaml:3: a second YAML document begins here"));
}

TEST_CASE("a file that cannot be read is an error with its name", "[config]") {
  const auto missing = load_config("/nonexistent/config.yaml");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message ==
        "cannot read config /nonexistent/config.yaml: No such file or directory");
  const auto directory = load_config("/");
  REQUIRE_FALSE(directory);
  CHECK(directory.error().message == "cannot read config /: Is a directory");
}

TEST_CASE("a config that is no good file is an error at once, with its name", "[config][H02]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("config.yaml");
  const auto write = [&path](const std::string& text) { std::ofstream(path) << text; };
  const auto error = [&path] {
    const auto config = load_config(path);
    REQUIRE_FALSE(config);
    CHECK(contains(config.error().message, path));
    return config.error().message;
  };
  SECTION("a pipe that nobody writes to") {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(contains(error(), "nothing was written to this pipe"));
  }
  SECTION("a link that leads to itself") {
    std::filesystem::create_symlink(path, path);
    CHECK(contains(error(), "symbolic links"));
  }
  SECTION("a gigabyte") {
    write("a: 1\n");
    std::filesystem::resize_file(path, std::uintmax_t{1} << 30);
    CHECK(contains(error(), "longer than 16777216 bytes"));
  }
  SECTION("bytes that are not UTF-8") {
    write("logLevel: info\nmodels: {x: {proxy: 'http://h', name: \"\xFF\"}}\n");
    CHECK(contains(error(), ":2: this line is not UTF-8"));
  }
  SECTION("half of one") {
    write("models:\n  x:\n    cmd: \"srv --po");
    CHECK(contains(error(), "invalid YAML"));
  }
}

TEST_CASE("a pipe is not waited for any more once the reading is to stop", "[config]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("config.yaml");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const UniqueFd writer(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::write(writer.get(), "#", 1) == 1);
  std::stop_source source;
  auto checked = std::async(std::launch::async, [&path, &source] {
    return check_config({path, {}}, Warnings::Told, nullptr, source.get_token());
  });
  for (int unread = 1; unread > 0; std::this_thread::yield()) {
    REQUIRE(::ioctl(writer.get(), FIONREAD, &unread) == 0);
  }
  source.request_stop();
  CHECK(checked.get().errors ==
        std::vector<std::string>{"cannot read config " + path + ": the reading was broken off"});
}

TEST_CASE("a config may come through a pipe", "[config]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  std::thread writer([end = UniqueFd(ends[1])] {
    const std::string text = "startPort: 7000\n";
    CHECK(::write(end.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  });
  const auto config = load_config("/dev/fd/" + std::to_string(read_end.get()));
  writer.join();
  REQUIRE(config);
  CHECK(config->start_port == 7000);
}

TEST_CASE("a file that became empty takes no running model away", "[config][H02]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("config.yaml");
  const auto check = [&path](const std::string& text, const Config* running) {
    std::ofstream(path) << text;
    return check_config({path, {}}, Warnings::Told, running);
  };
  const CheckedConfig running = check("models: {x: {proxy: 'http://h'}}\n", nullptr);
  REQUIRE(running.config);
  const CheckedConfig empty = check(GENERATE("", "# nothing\n"), &*running.config);
  REQUIRE(empty.errors.size() == 1);
  CHECK(contains(empty.errors[0], "the config is empty"));
  CHECK(check("models: {}\n", &*running.config).config);
  CHECK(check("", nullptr).config);
}

TEST_CASE("keys of newer llama-swap that have no effect say what there is instead", "[config]") {
  struct Row {
    std::string text;
    std::string warning;
  };
  const Row row = GENERATE(values<Row>({
      {"globalConcurrencyLimit: 5", "globalConcurrencyLimit: no effect in this version: requests"},
      {"security: {cors: {x: 1}}", "security.cors: no effect in this version: pages of every"},
      {"hooks: {on_startup: {profile: p}}",
       "hooks.on_startup.profile: no effect in this version: no profile is active"},
  }));
  const Config config = config_of(row.text + "\n");
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], row.warning));
}

}  // namespace
}  // namespace llmsnap
