// New configs while models run: what is kept, what ends in order, and what waits meanwhile.
#include <sys/types.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/self_signed.h"
#include "support/temporary_folder.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

using Ids = std::vector<std::string>;

ModelConfig with_other_flags(ModelConfig model) {
  model.env.emplace_back("ANOTHER=1");
  return model;
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 256> piece{};
  while (std::fgets(piece.data(), piece.size(), pipe) != nullptr) {
    text += piece.data();
  }
  ::pclose(pipe);
  return text;
}

std::string fingerprint(const std::string& from) {
  return output_of(from + " 2>/dev/null | openssl x509 -noout -fingerprint -sha256");
}

}  // namespace

TEST_CASE("a model that a new config does not change keeps its process and its requests",
          "[reload][P27][W-41]") {
  const ModelConfig kept = process_model("kept", "--tokens-per-second 50");
  const ModelConfig other = process_model("other");
  ProcessGateway gateway(side_by_side({kept, other}));
  TestSocket stream = gateway.client(stream_from("kept"));
  const pid_t process = gateway.pid("kept");

  Config next = side_by_side({kept, other, process_model("added")});
  next.models["kept"].ttl = 1h;  // no matter of its process
  next.models["kept"].aliases = {"also"};
  const ReloadReport report = gateway.gateway().reload(next);
  CHECK(report.kept == Ids{"kept", "other"});
  CHECK(report.drained.empty());
  CHECK(report.added == Ids{"added"});
  CHECK(report.removed.empty());

  CHECK(contains(receive_answer(stream).body, "[DONE]"));
  CHECK(gateway.chat("also").status == 200);
  CHECK(gateway.chat("added").status == 200);
  CHECK(gateway.pid("kept") == process);
  CHECK(gateway.history().counts("kept", ModelState::Starting, 1));
}

TEST_CASE("a changed model ends its requests by the old config and starts by the new one",
          "[reload][P27][W-40]") {
  const ModelConfig model = process_model("m", "--tokens-per-second 30");
  ProcessGateway gateway(process_config({model}));
  TestSocket stream = gateway.client(stream_from("m"));
  CHECK(gateway.history().wait_for("m", ModelState::Ready));
  const pid_t process = gateway.pid("m");
  CHECK(gateway.gateway().reload(process_config({with_other_flags(model)})).drained == Ids{"m"});
  TestSocket next = gateway.client(chat_with("m"));
  CHECK(contains(receive_answer(stream).body, "[DONE]"));
  CHECK(receive_answer(next).status == 200);
  CHECK(gateway.pid("m") != process);
  CHECK(is_gone(process));
  CHECK(gateway.history().becomes(
      "m starting, m ready, m draining, m stopping, m stopped, m starting, m ready"));
  CHECK(contains(gateway.history().last_why("m", ModelState::Draining), "its config has changed"));
}

TEST_CASE("requests that wait for a model when its config changes are answered by the new one",
          "[reload]") {
  const ModelConfig slow = process_model("m", "--load-ms 60000");
  ProcessGateway gateway(process_config({slow}));
  TestSocket waiting = gateway.client(chat_with("m"));
  CHECK(gateway.history().wait_for("m", ModelState::Starting));
  gateway.gateway().reload(process_config({process_model("m")}));
  CHECK(receive_answer(waiting).status == 200);
  CHECK(gateway.history().wait_for("m", ModelState::Starting, 2));
}

TEST_CASE("requests that are moved from one model to the next wait no longer than queue.timeout",
          "[reload]") {
  ModelConfig slow = process_model("m", "--load-ms 60000");
  slow.queue_timeout = 2s;
  ProcessGateway gateway(process_config({slow}));
  TestSocket waiting = gateway.client(chat_with("m"));
  const auto given_up = std::chrono::steady_clock::now() + 20s;
  while (!waiting.wait_readable(200ms) && std::chrono::steady_clock::now() < given_up) {
    slow.env.emplace_back("ANOTHER=1");
    gateway.gateway().reload(process_config({slow}));
  }
  REQUIRE(std::chrono::steady_clock::now() < given_up);
  const ReceivedAnswer answer = receive_answer(waiting);
  CHECK(answer.status == 503);
  CHECK(contains(answer.body, "queue.timeout"));
}

TEST_CASE("limits and timeouts that change take effect on a model where it runs", "[reload]") {
  ModelConfig model = process_model("m", "--ignore-term --tokens 10000 --tokens-per-second 20");
  model.concurrency_limit = 1;
  model.unload_timeout = 1h;
  ProcessGateway gateway(process_config({model}));
  TestSocket first = gateway.begun_stream("m");
  const pid_t process = gateway.pid("m");
  CHECK(gateway.chat("m").status == 429);
  model.concurrency_limit = 2;
  model.unload_timeout = 50ms;
  model.health_check_timeout += 1s;
  CHECK(gateway.gateway().reload(process_config({model})).kept == Ids{"m"});
  TestSocket second = gateway.begun_stream("m");
  CHECK(gateway.pid("m") == process);
  const ReceivedAnswer refused = gateway.chat("m");
  CHECK(refused.status == 429);
  CHECK(contains(refused.body, "m serves 2 requests already"));
  CHECK(gateway.unload("m").status == 200);
  CHECK(is_gone(process));
}

TEST_CASE("a reload preloads what fits, and swaps out nothing that runs", "[reload]") {
  const ModelConfig m = process_model("m");
  const ModelConfig y = process_model("y");
  Config config = process_config({m, y});
  config.preload = {"y"};
  ProcessGateway gateway(config);
  CHECK(gateway.chat("m").status == 200);
  config.models["y"] = with_other_flags(y);
  CHECK(gateway.gateway().reload(config).drained == Ids{"y"});
  CHECK(gateway.wait_for_line("model y: could not be preloaded: it does not fit"));
  CHECK(gateway.unload("m").status == 200);
  config.models["y"] = y;
  gateway.gateway().reload(config);
  CHECK(gateway.history().wait_for("y", ModelState::Ready));
  config.models["y"] = with_other_flags(y);
  gateway.gateway().reload(config);  // its own predecessor goes anyway
  CHECK(gateway.history().wait_for("y", ModelState::Ready, 2));
  CHECK(gateway.history().counts("m", ModelState::Starting, 1));
}

TEST_CASE("a removed model ends its requests, stops and is not found any more", "[reload][H04]") {
  const ModelConfig stays = process_model("stays");
  ProcessGateway gateway(side_by_side({stays, process_model("goes", "--tokens-per-second 50")}));
  TestSocket stream = gateway.client(stream_from("goes"));
  CHECK(gateway.history().wait_for("goes", ModelState::Ready));
  const pid_t process = gateway.pid("goes");
  CHECK(gateway.gateway().reload(side_by_side({stays})).removed == Ids{"goes"});
  CHECK(gateway.chat("goes").status == 404);
  CHECK(contains(receive_answer(stream).body, "[DONE]"));
  CHECK(goes_away(process));
  CHECK(gateway.chat("stays").status == 200);
}

TEST_CASE("the longest unloadTimeout is one of the models there are, until the last has ended",
          "[reload]") {
  ModelConfig patient = process_model("patient", "--tokens-per-second 30");
  patient.unload_timeout = 60s;
  ModelConfig stays = process_model("stays");
  stays.unload_timeout = 3s;
  ProcessGateway gateway(side_by_side({patient, stays}));
  TestSocket stream = gateway.begun_stream("patient");
  CHECK(gateway.processes().longest_unload_timeout() == 60s);
  gateway.gateway().reload(side_by_side({stays}));
  CHECK(gateway.processes().longest_unload_timeout() == 60s);
  CHECK(receive_answer(stream).complete);
  CHECK(eventually([&] { return gateway.processes().longest_unload_timeout() == 3s; }));
}

TEST_CASE("a process that ends its requests for a new config is listed and can be stopped",
          "[reload]") {
  const bool is_removed = GENERATE(true, false);
  const std::string unload = GENERATE("/api/models/unload/m", "/api/models/unload", "a program");
  ModelConfig model = process_model("m", "--tokens 10000 --tokens-per-second 20");
  ProcessGateway gateway(process_config({model}));
  TestSocket stream = gateway.begun_stream("m");
  const pid_t process = gateway.pid("m");
  gateway.gateway().reload(
      process_config({is_removed ? process_model("other") : with_other_flags(model)}));
  const auto running = [&gateway] {
    return exchange(gateway.port(), "GET /running HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
  };
  CHECK(contains(running(), R"("model":"m","state":"ready")"));
  CHECK_FALSE(is_gone(process));
  if (unload == "a program") {
    CHECK(gateway.processes().stop("m"));
  } else {
    CHECK(exchange(gateway.port(), post_to(unload)).status == 200);
  }
  CHECK(is_gone(process));
  CHECK(running() == R"({"running":[]})");
  CHECK(gateway.processes().list().size() == 1);
  CHECK(exchange(gateway.port(), post_to("/api/models/unload/m")).status ==
        (is_removed ? 404 : 200));
  CHECK(static_cast<bool>(gateway.processes().stop("m")) == !is_removed);
}

TEST_CASE("requests that wait for a model that a new config does not have are told so",
          "[reload]") {
  ProcessGateway gateway(process_config({process_model("m", "--load-ms 60000")}));
  TestSocket waiting = gateway.client(chat_with("m"));
  CHECK(gateway.history().wait_for("m", ModelState::Starting));
  gateway.gateway().reload(process_config({process_model("other")}));
  const ReceivedAnswer answer = receive_answer(waiting);
  CHECK(answer.status == 404);
  CHECK(contains(answer.body, "no model is named"));
}

TEST_CASE("a new config's keys hold from the next request on", "[reload]") {
  const ModelConfig model = process_model("m");
  ProcessGateway gateway(process_config({model}));
  CHECK(gateway.chat("m").status == 200);
  Config next = process_config({model});
  next.api_keys = {{"one", "secret"}};
  gateway.gateway().reload(next);
  CHECK(gateway.chat("m").status == 401);
}

TEST_CASE("the files of TLS are read again with a new config", "[reload]") {
  const SelfSigned first;
  const SelfSigned second;
  const TemporaryFolder folder;
  const auto install = [&folder](const SelfSigned& certificate) {
    const auto options = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(certificate.certificate_file(), folder.path("cert.pem"), options);
    std::filesystem::copy_file(certificate.key_file(), folder.path("key.pem"), options);
  };
  install(first);
  HttpServerOptions options;
  options.tls = TlsFiles{folder.path("cert.pem"), folder.path("key.pem")};
  const Config config = config_for("http://127.0.0.1:9");
  TestGateway gateway(config, options);
  const auto served = [&gateway] {
    return fingerprint("openssl s_client -connect 127.0.0.1:" + std::to_string(gateway.port()) +
                       " </dev/null");
  };
  CHECK(served() == fingerprint("cat " + first.certificate_file()));
  install(second);
  gateway.gateway().reload(config);
  const std::string wanted = fingerprint("cat " + second.certificate_file());
  CHECK(eventually([&] { return served() == wanted; }));
  std::ofstream(folder.path("key.pem")) << "no key";
  gateway.gateway().reload(config);
  CHECK(gateway.wait_for_line("the certificate in use stays: "));
  CHECK(served() == wanted);
}

TEST_CASE("a reload tells of models without a cmd and of peers", "[reload]") {
  const auto proxied = [](const std::string& url) {
    ModelConfig model;
    model.proxy = url;
    return model;
  };
  const auto peer = [](const std::string& id, const std::string& model) {
    PeerConfig made;
    made.id = id;
    made.proxy = "http://127.0.0.1:9";
    made.models = {model};
    return made;
  };
  Config config = process_config({process_model("process")});
  config.models["stays"] = proxied("http://127.0.0.1:1");
  config.models["moves"] = proxied("http://127.0.0.1:2");
  config.models["goes"] = proxied("http://127.0.0.1:3");
  config.peers = {{"near", peer("near", "x")}, {"far", peer("far", "y")}};
  ProcessGateway gateway(config);

  config.models["moves"].proxy = "http://127.0.0.1:4";
  config.models.erase("goes");
  config.models["new"] = proxied("http://127.0.0.1:5");
  config.peers = {{"near", peer("near", "z")}, {"third", peer("third", "y")}};
  const ReloadReport report = gateway.gateway().reload(config);
  CHECK(report.proxied.kept == Ids{"stays"});
  CHECK(report.proxied.changed == Ids{"moves"});
  CHECK(report.proxied.added == Ids{"new"});
  CHECK(report.proxied.removed == Ids{"goes"});
  CHECK(report.peers.kept.empty());
  CHECK(report.peers.changed == Ids{"near"});
  CHECK(report.peers.added == Ids{"third"});
  CHECK(report.peers.removed == Ids{"far"});
  CHECK(report.kept == Ids{"process"});
  CHECK(gateway.wait_for_line(
      "the new config is in force: 2 models kept; added without cmd: new; changed without cmd: "
      "moves; removed without cmd: goes; peers added: third; peers changed: near; peers removed: "
      "far"));
}

TEST_CASE("a model that gets a cmd or loses it is told of as one that has a process", "[reload]") {
  Config config = process_config({process_model("other")});
  config.models["m"].proxy = "http://127.0.0.1:1";
  ProcessGateway gateway(config);
  const ModelConfig without = std::exchange(config.models["m"], process_model("m"));
  const ReloadReport got = gateway.gateway().reload(config);
  CHECK(got.added == Ids{"m"});
  CHECK(got.proxied.removed.empty());
  config.models["m"] = without;
  const ReloadReport lost = gateway.gateway().reload(config);
  CHECK(lost.removed == Ids{"m"});
  CHECK(lost.proxied.added == Ids{"m"});
}

TEST_CASE("what needs a restart is told by its key", "[reload]") {
  Config config = process_config({process_model("m")});
  ProcessGateway gateway(config);
  config.listen = {"127.0.0.1:1"};
  config.log_level = LogLevel::Error;
  CHECK(gateway.gateway().reload(config).needs_restart == Ids{"listen", "logLevel"});
  CHECK(gateway.gateway().reload(config).needs_restart == Ids{"listen", "logLevel"});
}
