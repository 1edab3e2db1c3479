#include "upstream/pool.h"

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "catch.h"
#include "io/socket.h"
#include "io/wait.h"
#include "scripted_stream.h"
#include "unit/io/loop_runner.h"

using namespace llmsnap;
using namespace llmsnap::upstream;

namespace {

const Url One{Url::Scheme::Http, "127.0.0.1", 5800, "", ""};
const Url Other{Url::Scheme::Http, "127.0.0.1", 5801, "", ""};

std::unique_ptr<io::Stream> stream(StreamScript& script) {
  return std::make_unique<ScriptedStream>(script);
}

}  // namespace

TEST_CASE("a pool gives the connection used last, to the same server only", "[upstream]") {
  std::vector<StreamScript> scripts(3);
  Pool pool;
  std::vector<const io::Stream*> given;
  for (StreamScript& script : scripts) {
    auto one = stream(script);
    given.push_back(one.get());
    pool.give_back(One, std::move(one));
  }
  CHECK(pool.idle() == 3);
  CHECK(pool.take(Other) == nullptr);
  CHECK(pool.take(One).get() == given[2]);
  CHECK(pool.take(One).get() == given[1]);
  CHECK(pool.take(One).get() == given[0]);
  CHECK(pool.take(One) == nullptr);
}

TEST_CASE("a connection belongs to a server and the proxy that it goes through", "[upstream]") {
  const ForwardProxy proxy{*parse_url("http://proxy.example:3128"), "", ""};
  const ForwardProxy same = proxy;
  const ForwardProxy as_somebody{proxy.url, "Basic eDp5", ""};
  std::vector<StreamScript> scripts(2);
  Pool pool;
  pool.give_back(One, stream(scripts[0]), &proxy);
  CHECK(pool.take(One) == nullptr);
  CHECK(pool.take(One, {}, &as_somebody) == nullptr);
  CHECK(pool.take(Other, {}, &proxy) == nullptr);
  CHECK(pool.take(One, {}, &same) != nullptr);
  pool.give_back(One, stream(scripts[1]));
  CHECK(pool.take(One, {}, &proxy) == nullptr);
  CHECK(pool.take(One) != nullptr);
}

TEST_CASE("who asks may want a connection that has not been idle for long", "[upstream]") {
  StreamScript script;
  Pool pool;
  pool.give_back(One, stream(script));
  const auto given = std::chrono::steady_clock::now();
  constexpr std::chrono::milliseconds Longest{2};
  while (std::chrono::steady_clock::now() < given + Longest) {
    std::this_thread::yield();
  }
  CHECK(pool.take(One, Longest) == nullptr);
  CHECK(script.closed);
  pool.give_back(One, stream(script));
  CHECK(pool.take(One, std::chrono::minutes(1)) != nullptr);
}

TEST_CASE("a pool closes the oldest connection over its limit", "[upstream]") {
  std::vector<StreamScript> scripts(3);
  Pool pool({2, std::chrono::seconds(60)});
  for (StreamScript& script : scripts) {
    pool.give_back(One, stream(script));
  }
  CHECK(pool.idle() == 2);
  CHECK(scripts[0].closed);
  CHECK_FALSE(scripts[1].closed);
}

TEST_CASE("a connection that spoke or ended while it was idle is not given", "[upstream]") {
  StreamScript good;
  StreamScript bad;
  SECTION("bytes nobody asked for") {
    bad.arrivals = {{"HTTP/1.1 408"}};
  }
  SECTION("its end was seen") {
    bad.peer_closed = true;
  }
  SECTION("its end can be read") {
    bad.ends_after = 0;
  }
  Pool pool;
  auto first = stream(good);
  const io::Stream* expected = first.get();
  pool.give_back(One, std::move(first));
  pool.give_back(One, stream(bad));
  CHECK(pool.take(One).get() == expected);
  CHECK(bad.closed);
}

TEST_CASE("what came since the loop last looked counts for a connection that was idle for long",
          "[upstream]") {
  io::run_on_fiber([] {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    UniqueFd server(ends[1]);
    Pool pool({8, std::chrono::seconds(60), std::chrono::milliseconds(0)});
    const auto give = [&pool](int descriptor) {
      pool.give_back(One, std::make_unique<io::TcpStream>(std::make_unique<io::Socket>(
                              *io::Loop::current(), UniqueFd(descriptor))));
    };
    give(ends[0]);
    std::unique_ptr<io::Stream> quiet = pool.take(One);
    REQUIRE(quiet != nullptr);
    pool.give_back(One, std::move(quiet));
    // The fiber does not wait from here on, so the loop sees nothing of it.
    SECTION("bytes") {
      REQUIRE(::send(server.get(), "HTTP", 4, MSG_NOSIGNAL) == 4);
    }
    SECTION("the end") {
      server.reset();
    }
    CHECK(pool.take(One) == nullptr);
  });
}

TEST_CASE("a connection that was idle for too long is not given", "[upstream]") {
  StreamScript script;
  Pool pool({8, std::chrono::milliseconds(0)});
  pool.give_back(One, stream(script));
  CHECK(pool.take(One) == nullptr);
  CHECK(script.closed);
}

TEST_CASE("a pool without room keeps nothing, a cleared one neither", "[upstream]") {
  StreamScript script;
  SECTION("no room") {
    Pool pool({0, std::chrono::seconds(60)});
    pool.give_back(One, stream(script));
    CHECK(script.closed);
  }
  SECTION("cleared") {
    Pool pool;
    pool.give_back(One, stream(script));
    pool.clear();
    CHECK(script.closed);
    CHECK(pool.idle() == 0);
  }
}

TEST_CASE("idle connections are closed by the clock, without another request", "[upstream]") {
  io::run_on_fiber([] {
    struct ClosingStream final : io::Stream {
      explicit ClosingStream(io::Wait& wait) : closed(wait) {}
      ~ClosingStream() override { closed.notify(); }
      using Stream::write_all;
      io::IoResult read_some(std::span<char>, Deadline) override { return {}; }
      io::IoResult write_all(std::span<const std::string_view>, SteadyClock::duration) override {
        return {};
      }
      io::IoResult write_some(std::string_view, Deadline) override { return {}; }
      bool readable() override { return false; }
      bool peer_closed() const override { return false; }
      void watch_departure(io::Interruption*) override {}
      void when_readable(std::function<void()>) override {}
      void shutdown_write() override {}
      void abort() override {}
      void cancel() override {}
      io::Wait& closed;
    };
    io::Wait closed;
    Pool pool({8, std::chrono::milliseconds(5)});
    pool.give_back(One, std::make_unique<ClosingStream>(closed));
    CHECK(closed.until(deadline_in(std::chrono::seconds(10))) == io::WaitResult::Event);
    CHECK(pool.idle() == 0);
  });
}
