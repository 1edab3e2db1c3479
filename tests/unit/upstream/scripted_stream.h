// ScriptedStream: a Stream that says what a test wrote down, without a socket.
// Thread rule: the test's thread; it never waits.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "io/stream.h"

namespace llmsnap::upstream {

/// What goes in and out. Outlives the stream.
struct StreamScript {
  static constexpr std::size_t Never = std::numeric_limits<std::size_t>::max();

  struct Arrival {
    std::string bytes;
    std::size_t after = 0;  ///< bytes we must have written before a poll sees it
  };
  std::deque<Arrival> arrivals;                ///< one read gives (a part of) one
  io::IoResult then{io::IoStatus::End, 0, 0};  ///< what a read gives behind them
  std::size_t ends_after = Never;              ///< as Arrival::after, for `then`
  std::size_t breaks_after = Never;  ///< bytes we can write before the connection is reset
  io::IoStatus break_status = io::IoStatus::Failed;
  bool peer_closed = false;

  std::string written;
  std::size_t writes = 0;
  std::size_t reads = 0;
  std::size_t largest_read = 0;
  bool closed = false;
};

class ScriptedStream final : public io::Stream {
 public:
  explicit ScriptedStream(StreamScript& script) : script_(script) {}
  ~ScriptedStream() override { script_.closed = true; }

  using Stream::write_all;

  io::IoResult read_some(std::span<char> into, Deadline deadline) override {
    if (deadline == Deadline::min() && !readable()) {
      return {io::IoStatus::Deadline, 0, 0};
    }
    ++script_.reads;
    script_.largest_read = std::max(script_.largest_read, into.size());
    if (script_.arrivals.empty()) {
      return script_.then;
    }
    std::string& bytes = script_.arrivals.front().bytes;
    const std::size_t count = bytes.copy(into.data(), into.size());
    bytes.erase(0, count);
    if (bytes.empty()) {
      script_.arrivals.pop_front();
    }
    return {io::IoStatus::Ok, count, 0};
  }

  io::IoResult write_all(std::span<const std::string_view> pieces, SteadyClock::duration) override {
    ++script_.writes;
    std::size_t total = 0;
    for (const std::string_view piece : pieces) {
      const io::IoResult taken = take(piece);
      if (!taken) {
        return taken;
      }
      total += piece.size();
    }
    return {io::IoStatus::Ok, total, 0};
  }

  io::IoResult write_some(std::string_view piece, Deadline) override {
    if (readable()) {
      return {io::IoStatus::Readable, 0, 0};
    }
    ++script_.writes;
    return take(piece.substr(0, 1000));
  }

  bool readable() override {
    return broken_ ||
           script_.written.size() >=
               (script_.arrivals.empty() ? script_.ends_after : script_.arrivals.front().after);
  }
  bool peer_closed() const override { return script_.peer_closed; }
  void watch_departure(io::Interruption*) override {}
  void when_readable(std::function<void()>) override {}
  void shutdown_write() override {}
  void abort() override {}
  void cancel() override {}

 private:
  io::IoResult take(std::string_view piece) {
    if (script_.written.size() + piece.size() > script_.breaks_after) {
      broken_ = true;
      return {script_.break_status, 0, script_.break_status == io::IoStatus::Failed ? EPIPE : 0};
    }
    script_.written += piece;
    return {io::IoStatus::Ok, piece.size(), 0};
  }

  StreamScript& script_;
  bool broken_ = false;  // what came before the reset can still be read
};

}  // namespace llmsnap::upstream
