// llmsnapd as a program: its config file as editors treat it, its signals, and the wall clock.
#include "support/daemon.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "catch.h"
#include "io/sanitizer.h"
#include "support/contains.h"
#include "support/listening.h"
#include "support/notify_socket.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* Taken = "the new config is in force";
constexpr const char* Refused = "the config in force stays";

std::string command(const std::string& flags = {}) {
  return fake_model() + " --port ${PORT} " + flags;
}

bool has_open(pid_t pid, const fs::path& file) {
  std::error_code gone;
  fs::directory_iterator open("/proc/" + std::to_string(pid) + "/fd", gone);
  return std::any_of(begin(open), end(open), [&](const fs::directory_entry& entry) {
    std::error_code closed;
    return fs::read_symlink(entry.path(), closed) == file;
  });
}

std::string bare(const std::string& method, const std::string& path) {
  return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

/// The wall clock of a daemon that was started with `options`.
class ShiftedClock {
 public:
  ShiftedClock() { shift(0s); }
  DaemonOptions options() const {
    return {{}, {{"LD_PRELOAD", SHIFTED_CLOCK}, {"LLMSNAP_TEST_CLOCK", file_}}};
  }
  void shift(std::chrono::seconds by) const {
    const std::int64_t seconds = by.count();
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    if (!file) {
      file.open(file_, std::ios::out | std::ios::binary);
    }
    file.write(reinterpret_cast<const char*>(&seconds), sizeof seconds);
  }

 private:
  const TemporaryFolder folder_;
  const std::string file_ = folder_.path("clock");
};

}  // namespace

TEST_CASE("llmsnapd that cannot listen starts no model", "[daemon]") {
  const UniqueFd holder = loopback_listener();
  const TemporaryFolder folder;
  write(folder.path("config.yaml"),
        "idle: [m]\nhooks: {on_startup: {preload: [m]}}\nmodels:\n" + model_text("m", command()));
  const std::string log = folder.path("log");
  const std::string run = std::string(LLMSNAPD) + " --config " + folder.path("config.yaml") +
                          " --listen 127.0.0.1:" + std::to_string(port_of(holder)) + " 2>" + log;
  CHECK(std::system(run.c_str()) != 0);
  std::stringstream text;
  text << std::ifstream(log).rdbuf();
  CHECK(contains(text.str(), "cannot listen on"));
  CHECK_FALSE(contains(text.str(), "model m: starts"));
}

TEST_CASE("whatever becomes of its config file, llmsnapd goes on with the config that it has",
          "[daemon][H02]") {
  const std::string model = model_text("m", command());
  Daemon daemon(model, {{"--watch-config"}, {}});
  REQUIRE(exchange(daemon.port(), chat_with("m")).status == 200);
  const std::vector<pid_t> pids = daemon.descendants();
  const fs::path file = daemon.config_path();
  const std::vector<std::function<void()>> faults{
      [&] { write(file, ""); },
      [&] { write(file, daemon.config_with(model + "  x: {cmd: \"srv --po")); },
      [&] { fs::create_directory(file); },
      [&] { ::mkfifo(file.c_str(), 0600); },
      [&] { fs::create_symlink(file, file); },
      [&] { write(file, daemon.config_with(model) + "\nlogLevel: \xFF\n"); },
      [&] {
        write(file, "a: 1\n");
        fs::resize_file(file, std::uintmax_t{1} << 30);
      },
  };
  for (const auto& fault : faults) {
    const std::size_t refused = daemon.count_logged(Refused);
    fs::remove(file);
    fault();
    daemon.signal(SIGHUP);
    CHECK(daemon.logs(Refused, refused + 1));
    CHECK(exchange(daemon.port(), chat_with("m")).status == 200);
    CHECK(contains(exchange(daemon.port(), bare("GET", "/api/config")).body,
                   "\"errors\": [\n      \""));
    fs::remove(file);
  }
  CHECK(daemon.count_logged(Taken) == 0);
  CHECK(daemon.descendants() == pids);
  write(file, daemon.config_with(model_text("n", command())));
  CHECK(daemon.logs(Taken));
  CHECK(exchange(daemon.port(), chat_with("n")).status == 200);
}

TEST_CASE("a reload over HTTP is answered when the new config is in force, not when drains end",
          "[daemon]") {
  Daemon daemon(model_text("m", command("--tokens 100000 --tokens-per-second 20")));
  TestSocket client = TestSocket::connect(daemon.port());
  client.send(chat_request(R"({"model":"m","stream":true})"));
  REQUIRE(client.receive_until("data: ").find("data: ") != std::string::npos);
  write(daemon.config_path(),
        daemon.config_with(model_text("m", command()) + model_text("n", command())));
  const ReceivedAnswer answer = exchange(daemon.port(), bare("POST", "/api/config/reload"));
  CHECK(answer.status == 200);
  CHECK(contains(answer.body, R"("drained":["m"],"added":["n"])"));
  CHECK(contains(exchange(daemon.port(), bare("GET", "/v1/models")).body, R"("id":"n")"));
  CHECK(client.receive_until("data: ").find("data: ") != std::string::npos);  // it goes on
}

TEST_CASE("each way in which editors write a file is one reload", "[daemon][H03]") {
  const auto model = [](int round) {
    return model_text("m", command(), "ttl: " + std::to_string(1000 + round));
  };
  Daemon daemon(model(0), {{"--watch-config"}, {}});
  const fs::path folder = daemon.folder();
  const fs::path file = daemon.config_path();
  const fs::path swap = folder / "config.yaml.swp";
  int round = 0;
  const auto next = [&] { return daemon.config_with(model(++round)); };
  const std::vector<std::function<void()>> ways{
      [&] { write(file, next()); },
      [&] {
        write(swap, next());
        fs::rename(swap, file);
      },
      [&] {
        fs::remove(file);
        write(file, next());
      },
      [&] {
        fs::rename(file, folder / "config.yaml~");
        write(file, next());
      },
      [&] {
        fs::create_directory(folder / "..one");
        write(folder / "..one" / "config.yaml", next());
        fs::create_symlink("..one", folder / "..data");
        fs::create_symlink("..data/config.yaml", swap);
        fs::rename(swap, file);
      },
      [&] {
        fs::create_directory(folder / "..two");
        write(folder / "..two" / "config.yaml", next());
        fs::create_symlink("..two", folder / "..data_tmp");
        fs::rename(folder / "..data_tmp", folder / "..data");
      },
  };
  for (const auto& way : ways) {
    way();
    CHECK(daemon.logs(Taken, static_cast<std::size_t>(round)));
  }
  daemon.signal(SIGHUP);
  CHECK(daemon.logs(Taken, ways.size() + 1));
  CHECK(daemon.count_logged(Taken) == ways.size() + 1);
  CHECK(daemon.count_logged(Refused) == 0);
}

TEST_CASE("what several models print is shown with their names, and raw in the logs of clients",
          "[daemon]") {
  const auto printing = [](const std::string& id) {
    return model_text(id, "sh -c 'echo hello; exec " + command() + "'");
  };
  Daemon daemon(printing("a") + printing("b") + "logToStdout: both\n");
  CHECK(exchange(daemon.port(), chat_with("a")).status == 200);
  CHECK(exchange(daemon.port(), chat_with("b")).status == 200);
  CHECK(daemon.logs("[a] hello"));
  CHECK(daemon.logs("[b] hello"));
  CHECK(daemon.count_logged("hello") == 2);
  const std::string logs =
      exchange(daemon.port(), "GET /logs HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
  CHECK(contains(logs, "\nhello\n"));
  CHECK_FALSE(contains(logs, "[a] hello"));
}

TEST_CASE("SIGHUP takes a new config while a request streams", "[daemon][H13]") {
  const std::string model = model_text("m", command("--tokens 50 --tokens-per-second 100"));
  Daemon daemon(model);
  TestSocket stream = TestSocket::connect(daemon.port());
  stream.send(stream_from("m"));
  stream.put_back(stream.receive_until("data: "));
  write(daemon.config_path(), daemon.config_with(model + model_text("n", command())));
  daemon.signal(SIGHUP);
  CHECK(daemon.logs("1 model kept"));
  CHECK(receive_answer(stream).complete);
  CHECK(exchange(daemon.port(), chat_with("n")).status == 200);
}

TEST_CASE("a reload that drops the keys of an open address warns as a start without keys does",
          "[daemon]") {
  const char* warning = "may use the models: no apiKeys are set";
  const bool is_open = GENERATE(true, false);
  const std::string model = model_text("m", command());
  const std::string keys = "apiKeys: [secret]\n";
  Daemon daemon(model + keys, {{"--listen", is_open ? "0.0.0.0:0" : "127.0.0.2:0"}, {}});
  write(daemon.config_path(), daemon.config_with(model));
  daemon.signal(SIGHUP);
  REQUIRE(daemon.logs(Taken));
  CHECK(daemon.count_logged(warning) == (is_open ? 1 : 0));
  const ReceivedAnswer answer = exchange(daemon.port(), post_to("/api/config/reload"));
  CHECK(answer.status == 200);
  CHECK((answer.body.find(warning) != std::string::npos) == is_open);
}

TEST_CASE("SIGTERM ends a llmsnapd that reads a slow file at once", "[daemon]") {
  Daemon daemon(model_text("m", command()));
  const fs::path file = daemon.config_path();
  fs::remove(file);
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  const UniqueFd silent_writer(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  daemon.signal(SIGHUP);
  REQUIRE(eventually([&] { return has_open(daemon.pid(), file); }));
  CHECK(daemon.end(SIGTERM) == 0);
  CHECK(daemon.logs("shutting down"));
  CHECK(daemon.count_logged(Refused) == 0);
  CHECK(daemon.count_logged("no end within") == 0);
}

TEST_CASE("one SIGTERM lets a request end, a second one ends it at once", "[daemon][H13]") {
  const bool is_urgent = GENERATE(false, true);
  Daemon daemon(model_text("m", command(is_urgent ? "--tokens 2000 --tokens-per-second 10"
                                                  : "--tokens 50 --tokens-per-second 100")));
  TestSocket stream = TestSocket::connect(daemon.port());
  stream.send(stream_from("m"));
  stream.put_back(stream.receive_until("data: "));
  const std::vector<pid_t> pids = daemon.descendants();
  daemon.signal(SIGTERM);
  REQUIRE(daemon.logs("shutting down"));
  const auto begin = Clock::now();
  if (is_urgent) {
    daemon.signal(SIGTERM);
  }
  CHECK(receive_answer(stream).complete == !is_urgent);
  const int status = daemon.wait_for_end();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == (is_urgent ? 1 : 0));
  CHECK((!is_urgent || Clock::now() - begin < 4s));  // shutdownTimeout is 5 s
  for (const pid_t pid : pids) {
    CHECK(is_gone(pid));
  }
}

TEST_CASE("a shutdown gives a model the unloadTimeout that the config in force has", "[daemon]") {
  const std::string model = command("--term-delay-ms 6000");  // longer than all else may take
  Daemon daemon(model_text("m", model, "unloadTimeout: 1"), {{}, {}, "100ms"});
  write(daemon.config_path(), daemon.config_with(model_text("m", model, "unloadTimeout: 60")));
  daemon.signal(SIGHUP);
  REQUIRE(daemon.logs(Taken));
  REQUIRE(exchange(daemon.port(), chat_with("m")).status == 200);
  CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("a second SIGTERM ends a shutdown that waits for a model, and says so", "[daemon]") {
  const TemporaryFolder folder;
  const std::string stopping = folder.path("stopping");
  Daemon daemon(model_text("m", command(), "unloadTimeout: 10m\n    cmdStop: touch " + stopping));
  REQUIRE(exchange(daemon.port(), chat_with("m")).status == 200);
  const std::vector<pid_t> pids = daemon.descendants();
  daemon.signal(SIGTERM);
  REQUIRE(eventually([&stopping] { return fs::exists(stopping); }));
  daemon.signal(SIGTERM);
  const int status = daemon.wait_for_end();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
  CHECK(daemon.logs("shutdown is forced, models that do not end within 2 s are killed: m"));
  CHECK(daemon.count_logged("requests in work are cut") == 0);
  for (const pid_t pid : pids) {
    CHECK(goes_away(pid));
  }
}

TEST_CASE("SIGINT while a model starts ends its process too", "[daemon][H13]") {
  Daemon daemon(model_text("m", command("--load-ms 60000")));
  TestSocket client = TestSocket::connect(daemon.port());
  client.send(chat_with("m"));
  REQUIRE(eventually([&daemon] { return daemon.descendants().size() >= 2; }));
  const std::vector<pid_t> pids = daemon.descendants();
  daemon.signal(SIGINT);
  REQUIRE(daemon.logs("shutting down"));
  daemon.end(SIGINT);
  CHECK(receive_answer(client).status == 503);
  for (const pid_t pid : pids) {
    CHECK(is_gone(pid));
  }
}

TEST_CASE("a llmsnapd that was halted resumes where it was", "[daemon][H13]") {
  Daemon daemon(model_text("m", command("--tokens 40 --tokens-per-second 100"), "ttl: 1h"));
  TestSocket idle = TestSocket::connect(daemon.port());
  idle.send(chat_with("m"));
  CHECK(receive_answer(idle).status == 200);
  const std::vector<pid_t> pids = daemon.descendants();
  TestSocket stream = TestSocket::connect(daemon.port());
  stream.send(stream_from("m"));
  stream.put_back(stream.receive_until("data: "));
  daemon.signal(SIGSTOP);
  int status = 0;
  REQUIRE(::waitpid(daemon.pid(), &status, WUNTRACED) == daemon.pid());
  REQUIRE(WIFSTOPPED(status));
  CHECK_FALSE(idle.wait_readable(300ms));  // what is halted answers nobody
  daemon.signal(SIGCONT);
  CHECK(receive_answer(stream).complete);
  idle.send(chat_with("m"));
  CHECK(receive_answer(idle).status == 200);
  CHECK(daemon.descendants() == pids);
}

TEST_CASE("jumps of the wall clock end nothing early and nothing late", "[daemon][H12]") {
  if (io::SanitizersActive) {
    return;  // their runtime wants to be loaded first
  }
  const ShiftedClock clock;
  Daemon daemon(model_text("long", command("--tokens 60 --tokens-per-second 100"), "ttl: 1h") +
                    model_text("short", command(), "ttl: 300ms") +
                    "groups: {all: {swap: false, members: [long, short]}}\n",
                clock.options());
  TestSocket idle = TestSocket::connect(daemon.port());
  idle.send(chat_with("long"));
  REQUIRE(receive_answer(idle).status == 200);
  const std::vector<pid_t> pids = daemon.descendants();
  TestSocket stream = TestSocket::connect(daemon.port());
  stream.send(stream_from("long"));
  stream.put_back(stream.receive_until("data: "));
  for (const auto by : {24h, -24h}) {
    clock.shift(by);
    CHECK(exchange(daemon.port(), chat_with("short")).status == 200);
    CHECK(daemon.logs("longer than its ttl", by > 0h ? 1 : 2));
  }
  CHECK(receive_answer(stream).complete);
  idle.send(chat_with("long"));
  CHECK(receive_answer(idle).status == 200);
  CHECK(daemon.descendants() == pids);
}

TEST_CASE("systemd hears when llmsnapd is ready, reloads and stops, and its models do not",
          "[daemon]") {
  const TemporaryFolder folder;
  const NotifySocket systemd(folder.path("notify"));
  Daemon daemon(model_text("m", "sh -c 'env > " + folder.path("env") + "; exec " + command() + "'"),
                {{}, {{"NOTIFY_SOCKET", folder.path("notify")}}});
  CHECK(systemd.next().starts_with("READY=1\nSTATUS=listening on http://127.0.0.1:"));
  CHECK(exchange(daemon.port(), chat_with("m")).status == 200);
  std::ifstream environment(folder.path("env"));
  const std::string text((std::istreambuf_iterator<char>(environment)), {});
  CHECK(contains(text, "PATH="));
  CHECK_FALSE(contains(text, "NOTIFY_SOCKET"));

  daemon.signal(SIGHUP);
  CHECK(systemd.next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(systemd.next().starts_with("READY=1\n"));
  write(daemon.config_path(), "models: [");
  daemon.signal(SIGHUP);
  CHECK(systemd.next().starts_with("RELOADING=1\n"));
  CHECK(contains(systemd.next(), "not valid"));
  CHECK(daemon.end(SIGTERM) == 0);
  CHECK(systemd.next().starts_with("STOPPING=1\n"));
}
