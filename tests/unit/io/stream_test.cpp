#include "io/stream.h"

#include <sys/socket.h>

#include <array>
#include <string>

#include "catch.h"
#include "io/fiber.h"
#include "io/socket.h"
#include "loop_runner.h"

using namespace llmsnap;
using namespace llmsnap::io;

namespace {

struct Pair {
  std::unique_ptr<TcpStream> near;
  UniqueFd far;
};

Pair connected_pair() {
  std::array<int, 2> fds{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
  auto socket = std::make_unique<Socket>(*Loop::current(), UniqueFd(fds[0]));
  return {std::make_unique<TcpStream>(std::move(socket)), UniqueFd(fds[1])};
}

void put(const UniqueFd& fd, std::string_view text) {
  REQUIRE(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("a read waits for bytes and then tells the end", "[io]") {
  run_on_fiber([] {
    Pair pair = connected_pair();
    std::array<char, 64> buffer{};
    start_fiber([&pair] {
      put(pair.far, "hello");
      ::shutdown(pair.far.get(), SHUT_WR);
    });
    const IoResult first = pair.near->read_some(buffer, NoDeadline);
    REQUIRE(first);
    CHECK(std::string_view(buffer.data(), first.bytes) == "hello");
    CHECK(pair.near->read_some(buffer, NoDeadline).status == IoStatus::End);
  });
}

TEST_CASE("a read from a silent peer ends at its deadline", "[io]") {
  run_on_fiber([] {
    Pair pair = connected_pair();
    std::array<char, 64> buffer{};
    CHECK(pair.near->read_some(buffer, deadline_in(std::chrono::milliseconds(10))).status ==
          IoStatus::Deadline);
  });
}

TEST_CASE("a writer waits for a slow reader and loses nothing", "[io]") {
  run_on_fiber([] {
    Pair pair = connected_pair();
    const std::string a(3'000'000, 'a'), b(1'000'000, 'b');
    std::string received;
    TcpStream reader(std::make_unique<Socket>(*Loop::current(), std::move(pair.far)));
    Wait done;
    start_fiber([&] {
      std::array<char, 10'000> buffer{};
      while (const IoResult got = reader.read_some(buffer, NoDeadline)) {
        received.append(buffer.data(), got.bytes);
      }
      done.notify();
    });
    const std::array<std::string_view, 3> pieces{a, "", b};
    const IoResult written = pair.near->write_all(pieces, std::chrono::seconds(10));
    CHECK(written.bytes == a.size() + b.size());
    pair.near->shutdown_write();
    done.until(NoDeadline);
    CHECK(received == a + b);
  });
}

TEST_CASE("a writer without progress ends at the idle limit", "[io]") {
  run_on_fiber([] {
    Pair pair = connected_pair();
    const std::string much(10'000'000, 'x');
    CHECK(pair.near->write_all(much, std::chrono::milliseconds(20)).status == IoStatus::Deadline);
  });
}

TEST_CASE("write_some tells that the peer has sent something instead of writing on", "[io]") {
  run_on_fiber([] {
    Pair pair = connected_pair();
    CHECK(pair.near->write_some("abc", NoDeadline).bytes == 3);
    put(pair.far, "early");
    Fiber::yield();
    CHECK(pair.near->write_some("more", NoDeadline).status == IoStatus::Readable);
    std::array<char, 5> exact{};
    CHECK(pair.near->read_some(exact, NoDeadline).bytes == 5);
    // The read filled its buffer, which proves nothing about what is left.
    CHECK(pair.near->write_some("more", NoDeadline).bytes == 4);
  });
}

TEST_CASE("the departure of a watched peer interrupts a wait for something else", "[io]") {
  const bool half_close = GENERATE(true, false);
  run_on_fiber([half_close] {
    Pair pair = connected_pair();
    Interruption interruption;
    pair.near->watch_departure(&interruption);
    Fiber::current()->watch(&interruption);
    put(pair.far, "pipelined bytes stay unread");
    start_fiber([&pair, half_close] {
      if (half_close) {
        ::shutdown(pair.far.get(), SHUT_WR);
      } else {
        pair.far.reset();
      }
    });
    Wait wait;
    CHECK(wait.until(NoDeadline) == WaitResult::ClientLeft);
    CHECK(pair.near->peer_closed());
    Fiber::current()->watch(nullptr);
  });
}

TEST_CASE("cancel ends another fiber's wait on the stream", "[io]") {
  run_on_fiber([] {
    Pair pair = connected_pair();
    start_fiber([&pair] { pair.near->cancel(); });
    std::array<char, 8> buffer{};
    const IoResult result = pair.near->read_some(buffer, NoDeadline);
    CHECK(result.status == IoStatus::Failed);
    CHECK(result.error == ECANCELED);
  });
}
