// Sends mutated requests to a whole gateway over real sockets and watches what comes of them:
//   socket_mutator [--seconds N] [--seed N] [--case N] DATA-FOLDER CORPUS-FOLDER
// The gateway must go on serving; every connection must end; what reaches the model's server must
// be well formed; some of it must reach it, and bad input alone must not make the gateway answer
// 500, 502, 503 or 504. --case repeats one case.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>

#include "fuzz/mutation.h"
#include "fuzz/upstream_oracle.h"
#include "io/sanitizer.h"
#include "support/latin1.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

namespace llmsnap::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t Threads = 8;
constexpr std::uint64_t CasesPerHealthCheck = 200;
constexpr auto HealthLimit = std::chrono::seconds(io::SanitizersActive ? 10 : 1);
/// On two free cores it is over 800; under ThreadSanitizer on busy ones, close to 300.
constexpr std::size_t LeastArrivalsPerSecond = 2;
constexpr auto AnswerTime = std::chrono::milliseconds(30);
/// Longer ones only slow the others down.
constexpr std::size_t LongestSeed = 8192;

struct Options {
  std::chrono::seconds seconds{5};
  std::uint64_t seed = std::random_device{}();
  std::optional<std::uint64_t> only;
  std::vector<std::string> folders;
};

std::string printable(const std::string& bytes) {
  return nlohmann::json(bytes).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

void take_seed(std::string bytes, std::vector<std::string>& seeds) {
  if (!bytes.empty() && bytes.size() <= LongestSeed) {
    seeds.push_back(std::move(bytes));
  }
}

/// Most vectors are refused: these, each many times, let a good part of the cases reach the model.
void add_valid_seeds(std::vector<std::string>& seeds) {
  constexpr int Weight = 40;
  for (int i = 0; i < Weight; ++i) {
    take_seed(chat_request(), seeds);
    take_seed(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/json\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{\"model\":\"m\"}\r\n"
        "0\r\n\r\n",
        seeds);
    take_seed("GET /upstream/m/page?a=b HTTP/1.1\r\nHost: localhost\r\n\r\n", seeds);
    take_seed(
        "GET /upstream/m/page HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n"
        "Proxy-Authorization: Basic azpr\r\nX-Api-Key: k\r\nX_Api_Key: k\r\n"
        "Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.1\r\n"
        "X-Forwarded-Port: 1\r\nX_Forwarded_Proto: https\r\n\r\n",
        seeds);
    take_seed("HEAD /upstream/m/page HTTP/1.1\r\nHost: localhost\r\n\r\n", seeds);
    take_seed("POST /upstream/m/file HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
              seeds);
    take_seed(
        "GET /upstream/m/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: "
        "websocket\r\n\r\nabc",
        seeds);
  }
}

std::vector<std::string> load_seeds(const Options& options) {
  std::vector<std::string> seeds;
  for (const char* name : {"/http-vectors.json", "/more-http-vectors.json"}) {
    std::ifstream file(options.folders.at(0) + name);
    for (const auto& vector : nlohmann::json::parse(file)) {
      take_seed(bytes_of(vector["request"]), seeds);
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(options.folders.at(1))) {
    std::ifstream file(entry.path(), std::ios::binary);
    take_seed(std::string(std::istreambuf_iterator<char>(file), {}), seeds);
  }
  add_valid_seeds(seeds);
  std::sort(seeds.begin(), seeds.end());  // a folder has no order of its own
  return seeds;
}

class Campaign {
 public:
  explicit Campaign(const Options& options)
      : options_(options),
        seeds_(load_seeds(options)),
        upstream_([this](TestSocket& client, const std::string& head, const std::string& body) {
          return answer(client, head, body);
        }),
        gateway_(impatient_config()) {}

  int run() {
    if (options_.only) {
      run_case(*options_.only);
    } else {
      std::vector<std::thread> threads;
      for (std::size_t i = 0; i < Threads; ++i) {
        threads.emplace_back([this] { work(); });
      }
      for (std::thread& thread : threads) {
        thread.join();
      }
      check_health();
      check_arrivals();
    }
    std::fprintf(stderr, "%llu cases, %zu requests reached the model's server, seed %llu: %s\n",
                 static_cast<unsigned long long>(next_.load()), arrived_.load(),
                 static_cast<unsigned long long>(options_.seed), failed_ ? "FAILED" : "ok");
    return failed_ ? 1 : 0;
  }

 private:
  Config impatient_config() const {
    Config config = config_for(upstream_.url());
    config.access_log = AccessLogFormat::Off;
    config.log_level = LogLevel::Error;
    config.limits.head_timeout = std::chrono::milliseconds(200);
    config.limits.body_idle = std::chrono::milliseconds(200);
    config.limits.keep_alive = std::chrono::milliseconds(50);
    config.limits.write_idle = std::chrono::milliseconds(3000);
    return config;
  }

  bool answer(TestSocket& client, const std::string& head, const std::string& body) {
    ++arrived_;
    if (const auto fault = fault_of_forwarded(head)) {
      fail("the model's server got " + *fault + ": " + printable(head));
    }
    if (head.find("\r\nUpgrade: websocket\r\n") != std::string::npos) {
      client.send(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
          "websocket\r\n\r\nhello");
      return false;
    }
    return client.send(
        body.size() % 2 == 0
            ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  }

  void work() {
    const auto end = Clock::now() + options_.seconds;
    while (Clock::now() < end && !failed_) {
      const std::uint64_t number = next_++;
      run_case(number);
      if (number % CasesPerHealthCheck == 0) {
        upstream_.forget();
        check_health();
      }
    }
  }

  void run_case(std::uint64_t number) {
    const MutatedCase mutated = mutated_case(seeds_, options_.seed, number);
    std::string received;
    std::string problem;
    try {
      received = converse(mutated);
      problem = fault_of_answers(received);
    } catch (const std::runtime_error& error) {
      problem = error.what();
    }
    if (!problem.empty()) {
      std::string sent;
      for (const std::string& piece : mutated.pieces) {
        sent += piece;
      }
      fail("case " + std::to_string(number) + ": " + problem + "\nsent " + printable(sent) +
           "\nreceived " + printable(received));
    }
  }

  std::string converse(const MutatedCase& mutated) const {
    TestSocket socket = TestSocket::connect(gateway_.port());
    for (const std::string& piece : mutated.pieces) {
      if (!socket.send(piece)) {
        break;  // refused and closed: what it said is still to be read
      }
      std::this_thread::yield();
    }
    switch (mutated.ending) {
      case Ending::Reset:
        socket.reset_connection();
        return {};
      case Ending::Close:
        return {};
      case Ending::HalfClose:
        socket.wait_readable(AnswerTime);  // leaving at once would mean that nothing is forwarded
        socket.half_close();
        break;
      case Ending::Wait:
        break;
    }
    return socket.receive_all();
  }

  /// Statuses are searched for, since only the gateway knows which requests it saw.
  static std::string fault_of_answers(const std::string& received) {
    constexpr std::string_view Mark = "HTTP/1.1 ";
    bool last = false;
    for (std::size_t at = received.find(Mark); at != std::string::npos;
         at = received.find(Mark, at + Mark.size())) {
      const std::string status = received.substr(at + Mark.size(), 3);
      if (status.find_first_not_of("0123456789") != std::string::npos) {
        continue;  // a message that names the version
      }
      if (status == "500" || status == "502" || status == "503" || status == "504") {
        return "answered with " + status;
      }
      if (last) {
        return "went on after an answer that closes";
      }
      const std::size_t end = received.find("\r\n\r\n", at);
      const std::string head = received.substr(at, end - at + 2);
      last = head.find("\r\nConnection: close\r\n") != std::string::npos;
    }
    return {};
  }

  void check_health() {
    const auto begin = Clock::now();
    try {
      const int status =
          exchange(gateway_.port(), "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").status;
      if (status != 200 || Clock::now() - begin > HealthLimit) {
        fail("/health is answered late or with " + std::to_string(status));
      }
    } catch (const std::runtime_error& error) {
      fail(std::string("/health: ") + error.what());
    }
  }

  /// A campaign in which nothing is forwarded would find no fault in what is.
  void check_arrivals() {
    const auto least = static_cast<std::size_t>(options_.seconds.count()) * LeastArrivalsPerSecond;
    if (!failed_ && arrived_ < least) {
      fail("only " + std::to_string(arrived_.load()) +
           " requests reached the model's server, expected " + std::to_string(least));
    }
  }

  void fail(const std::string& what) {
    const std::lock_guard lock(print_);
    failed_ = true;
    std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(options_.seed),
                 what.c_str());
  }

  const Options options_;
  const std::vector<std::string> seeds_;
  std::mutex print_;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::size_t> arrived_{0};
  ScriptedUpstream upstream_;
  TestGateway gateway_;
};

std::optional<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name.substr(0, 2) != "--") {
      options.folders.emplace_back(name);
      continue;
    }
    if (++i == argc) {
      return std::nullopt;
    }
    const std::uint64_t value = std::strtoull(argv[i], nullptr, 10);
    if (name == "--seconds") {
      options.seconds = std::chrono::seconds(value);
    } else if (name == "--seed") {
      options.seed = value;
    } else if (name == "--case") {
      options.only = value;
    } else {
      return std::nullopt;
    }
  }
  return options.folders.size() == 2 ? std::optional(options) : std::nullopt;
}

}  // namespace
}  // namespace llmsnap::test

int main(int argc, char** argv) {
  const auto options = llmsnap::test::parse_options(argc, argv);
  if (!options) {
    std::fprintf(stderr,
                 "usage: %s [--seconds N] [--seed N] [--case N] DATA-FOLDER CORPUS-FOLDER\n",
                 argv[0]);
    return 2;
  }
  std::fprintf(stderr, "seed %llu\n", static_cast<unsigned long long>(options->seed));
  return llmsnap::test::Campaign(*options).run();
}
