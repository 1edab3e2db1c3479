#include "config/ports.h"

#include <fstream>

#include "config_text.h"
#include "support/temporary_folder.h"

namespace llmsnap {
namespace {

std::string models_with_cmd(std::string_view cmd) {
  return "models:\n  x:\n    proxy: http://h:1\n    cmd: |\n      " + std::string(cmd) + "\n";
}

TEST_CASE("ports go up from startPort in the order of ids, to those that use one", "[config]") {
  const std::string start = GENERATE("", "startPort: 9000\n",
                                     "macros: {first: 9000}\n"
                                     "startPort: ${first}\n");
  const bool at_end = GENERATE(false, true);
  const std::string models =
      "models:\n"
      "  c: {cmd: \"srv ${PORT}\"}\n"
      "  b: {cmd: \"srv --port 7\", proxy: \"http://h:7\"}\n"
      "  a/b:c: {cmd: \"srv ${PORT}\", proxy: \"http://box:${PORT}/${MODEL_ID}\"}\n"
      "  B: {cmd: \"srv ${PORT}\"}\n";
  const Config config = config_of(at_end ? models + start : start + models);
  const std::uint16_t first = start.empty() ? 5800 : 9000;
  CHECK(config.start_port == first);
  CHECK(config.models.at("B").port == first);
  CHECK(config.models.at("a/b:c").port == first + 1);
  CHECK(config.models.at("b").port == 0);
  CHECK(config.models.at("c").port == first + 2);
  CHECK(proxy_url(config.models.at("a/b:c")) ==
        "http://box:" + std::to_string(first + 1) + "/a/b:c");
  CHECK(proxy_url(config.models.at("b")) == "http://h:7");
}

TEST_CASE("the start of a process can put another port into all that names it", "[config]") {
  const Config config = config_of(
      "models:\n"
      "  x:\n"
      "    cmd: srv --port ${PORT}\n"
      "    cmdStop: stop ${PORT} ${PID}\n"
      "    checkEndpoint: /health/${PORT}\n"
      "    env: [\"P=${PORT}\"]\n");
  const ModelConfig& x = config.models.at("x");
  CHECK(x.proxy == "http://127.0.0.1:${PORT}");
  CHECK(proxy_url(x) == "http://127.0.0.1:5800");
  CHECK(with_port(x.proxy, 6000) == "http://127.0.0.1:6000");
  CHECK(with_port(x.cmd, 6000) == "srv --port 6000");
  CHECK(with_port(x.cmd_stop, 6000) == "stop 6000 ${PID}");
  CHECK(with_port(x.check_endpoint, 6000) == "/health/6000");
  CHECK(with_port(x.env.at(0), 6000) == "P=6000");
}

TEST_CASE("the port stands everywhere in its model", "[config]") {
  const Config config = config_of(
      "macros: {args: \"--port ${PORT}\"}\n"
      "models:\n"
      "  x:\n"
      "    description: on ${PORT}\n"
      "    aliases: [\"x-${PORT}\", \"x-$${PORT}\"]\n"
      "    timeouts: {connect: \"${PORT}\"}\n"
      "    cmd: srv ${args}\n");
  const ModelConfig& x = config.models.at("x");
  CHECK(x.description == "on 5800");
  CHECK(x.aliases == std::vector<std::string>{"x-5800", "x-${PORT}"});
  CHECK(x.timeouts.connect == std::chrono::seconds(5800));
  CHECK(x.cmd == "srv --port ${PORT}");
}

TEST_CASE("a literal ${PORT} uses no port and comes out as it is", "[config]") {
  const ModelConfig literal = config_of(models_with_cmd("sh -c 'echo $${PORT}'")).models.at("x");
  CHECK(literal.port == 0);
  CHECK(with_port(literal.cmd, literal.port) == "sh -c 'echo ${PORT}'\n");
  const ModelConfig both =
      config_of(models_with_cmd("srv ${PORT} $${PORT} $${PID} $${HOME}")).models.at("x");
  CHECK(both.port == 5800);
  CHECK(with_port(both.cmd, both.port) == "srv 5800 ${PORT} ${PID} ${HOME}\n");
}

TEST_CASE("comment lines use no port", "[config]") {
  CHECK(config_of(models_with_cmd("srv\n      # --port ${PORT}")).models.at("x").port == 0);
  CHECK(config_of("macros: {rest: \"a\\n # ${PORT}\"}\n" + models_with_cmd("srv ${rest}"))
            .models.at("x")
            .port == 0);
  CHECK(config_of(models_with_cmd("srv # ${PORT}")).models.at("x").port == 5800);
}

TEST_CASE("ports end at 65535", "[config]") {
  const std::string models = "models:\n  b: {cmd: \"s ${PORT}\"}\n  a: {cmd: \"s ${PORT}\"}\n";
  CHECK(config_of("startPort: 65534\n" + models).models.at("b").port == 65535);
  CHECK(contains(error_of("startPort: 65535\n" + models),
                 "c.yaml:3: models.b: no port is left for its ${PORT}"));
}

TEST_CASE("a port of a model that is gone is given away when there are no others", "[config]") {
  const std::string start = "startPort: 65534\nmodels:\n";
  const test::TemporaryFolder folder;
  const std::string path = folder.path("c.yaml");
  const auto load = [&](const std::string& models, const Config* running) {
    std::ofstream(path) << start << models;
    return check_config({path, {}}, Warnings::Told, running);
  };
  const std::string stays = "  stays: {cmd: 's ${PORT}'}\n";
  const auto before = load("  goes: {cmd: 's ${PORT}'}\n" + stays, nullptr);
  REQUIRE(before.config);
  const auto after = load("  comes: {cmd: 's ${PORT}'}\n" + stays, &*before.config);
  REQUIRE(after.config);
  CHECK(after.config->models.at("comes").port == 65534);
  CHECK(after.config->models.at("stays").port == 65535);
  CHECK_FALSE(
      load("  a: {cmd: 's ${PORT}'}\n  b: {cmd: 's ${PORT}'}\n" + stays, &*before.config).config);
}

TEST_CASE("startPort is a port", "[config]") {
  const std::string value = GENERATE("0", "-99", "65536", "abcd", "\"5800\"", ".inf");
  CHECK(contains(error_of("startPort: " + value + "\n"), "c.yaml:1: startPort: expected"));
  CHECK(config_of("startPort: 1\n").start_port == 1);
}

TEST_CASE("a port that cmd does not use is an error where it is named", "[config]") {
  struct Row {
    std::string keys;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"cmd: srv", "c.yaml:2: models.x: proxy uses ${PORT} but cmd does not"},
      {"cmd: \"srv $${PORT}\"", "c.yaml:2: models.x: proxy uses ${PORT} but cmd does not"},
      {"cmd: srv\n    proxy: http://h:${PORT}",
       "c.yaml:4: models.x.proxy: proxy uses ${PORT} but cmd does not"},
      {"proxy: http://h:${PORT}", "c.yaml:3: models.x.proxy: proxy uses ${PORT} but cmd does not"},
      {"proxy: http://h\n    cmd: srv\n    cmdStop: stop ${PORT}",
       "c.yaml:5: models.x.cmdStop: cmdStop uses ${PORT} but cmd does not"},
      {"proxy: http://h\n    cmd: srv\n    env:\n      - A=1\n      - P=${PORT}",
       "c.yaml:7: models.x.env[1]: env uses ${PORT} but cmd does not"},
      {"proxy: http://h\n    cmd: srv\n    checkEndpoint: /${PORT}",
       "c.yaml:5: models.x.checkEndpoint: checkEndpoint uses ${PORT} but cmd does not"},
      {"proxy: http://h\n    name: on ${PORT}",
       "c.yaml:4: models.x.name: ${PORT} has a value only in a model whose cmd uses it"},
  }));
  const std::string message = error_of("models:\n  x:\n    " + row.keys + "\n");
  INFO(message);
  CHECK(message.find(row.message) == 0);
}

}  // namespace
}  // namespace llmsnap
