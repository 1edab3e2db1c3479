#include "process/sleeper.h"

#include <chrono>
#include <string>
#include <string_view>

#include "catch.h"
#include "unit/io/loop_runner.h"
#include "unit/upstream/fake_server.h"
#include "upstream/pool.h"

using namespace llmsnap::process;
using llmsnap::Deadline;
using llmsnap::SteadyClock;

namespace {

/// What two servers that sleep, or not, say to a question.
const std::string Asleep = R"(HTTP/1.1 200 OK
Content-Length: 20

{"is_sleeping":true})";
const std::string Awake = R"(HTTP/1.1 200 OK
Content-Length: 21

{"is_sleeping":false})";
const std::string Unknown = "HTTP/1.1 404 x\nContent-Length: 0\n\n";

/// Nothing is sent where there is no answer: the server closes, or hangs until it is left.
struct Answers {
  std::string to_is_sleeping;
  std::string to_props;
  bool hangs = false;
};

std::string with_crlf(const std::string& text) {
  std::string wire;
  for (const char c : text) {
    wire += c == '\n' ? "\r\n" : std::string(1, c);
  }
  return wire;
}

using See = llmsnap::Result<void> (*)(llmsnap::upstream::Pool&, const Server&, Deadline);

bool sees(See see, const Answers& answers, std::chrono::milliseconds patience) {
  bool seen = false;
  llmsnap::io::run_on_fiber([&] {
    llmsnap::upstream::FakeServer server([&](llmsnap::upstream::Connection& connection) {
      const std::string request = connection.read_request();
      connection.send(
          with_crlf(request.starts_with("GET /props") ? answers.to_props : answers.to_is_sleeping));
      if (answers.hangs) {
        connection.read_to_end();
      }
    });
    llmsnap::upstream::Pool pool;
    seen = static_cast<bool>(see(pool, server.url(), SteadyClock::now() + patience));
  });
  return seen;
}

/// Enough on a busy machine for an answer that comes.
constexpr std::chrono::seconds Long{20};
constexpr std::chrono::milliseconds Short{60};

}  // namespace

TEST_CASE("a sleep is believed where the server says so or does not know the question",
          "[process]") {
  const Answers answers = GENERATE(values<Answers>({
      {Asleep, ""},
      {Unknown, Asleep},
      {Unknown, Unknown},
      {"HTTP/1.1 405 x\nContent-Length: 0\n\n", "HTTP/1.1 501 x\nContent-Length: 0\n\n"},
      {"HTTP/1.1 401 x\nContent-Length: 0\n\n", "HTTP/1.1 403 x\nContent-Length: 0\n\n"},
      {"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"},
  }));
  INFO(answers.to_is_sleeping << answers.to_props);
  CHECK(sees(see_that_it_sleeps, answers, Long));
}

TEST_CASE("a sleep is not believed where the question fails", "[process]") {
  const Answers answers = GENERATE(values<Answers>({
      {"HTTP/1.1 500 x\nContent-Length: 0\n\n", Asleep},
      {Unknown, "HTTP/1.1 503 x\nContent-Length: 0\n\n"},
      {"", Asleep},  // the connection is closed
      {"HTTP/1.1 200 OK\nContent-Length: 20\n\n{\"is_sl", Asleep},
  }));
  INFO(answers.to_is_sleeping << answers.to_props);
  CHECK_FALSE(sees(see_that_it_sleeps, answers, Long));
}

TEST_CASE("a sleep is not believed where the question hangs, or the answer stays no", "[process]") {
  CHECK_FALSE(sees(see_that_it_sleeps, {"", "", true}, Short));
  CHECK_FALSE(sees(see_that_it_sleeps, {Awake, ""}, Short));
}

TEST_CASE("a wake is believed where the server says so or does not know the question",
          "[process]") {
  CHECK(sees(see_that_it_is_awake, {Awake, ""}, Long));
  CHECK(sees(see_that_it_is_awake, {Unknown, Awake}, Long));
  CHECK(sees(see_that_it_is_awake, {Unknown, Unknown}, Long));
  CHECK_FALSE(sees(see_that_it_is_awake, {Asleep, ""}, Short));
  CHECK_FALSE(sees(see_that_it_is_awake, {"HTTP/1.1 500 x\nContent-Length: 0\n\n", ""}, Short));
}

TEST_CASE("a server that is busy with its wake may fail to answer at first", "[process]") {
  bool awake = false;
  llmsnap::io::run_on_fiber([&awake] {
    llmsnap::upstream::FakeServer server([](llmsnap::upstream::Connection& connection) {
      connection.read_request();
      connection.send(with_crlf(connection.number() == 1   ? ""
                                : connection.number() == 2 ? Asleep
                                                           : Awake));
    });
    llmsnap::upstream::Pool pool;
    awake = static_cast<bool>(see_that_it_is_awake(pool, server.url(), SteadyClock::now() + Long));
  });
  CHECK(awake);
}
