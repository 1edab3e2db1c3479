// ScriptedStream: a Stream that gives the reads a test wrote down and keeps what is written.
// Thread rule: one test.
#pragma once

#include <cstring>
#include <deque>
#include <string>

#include "io/stream.h"

namespace llmsnap::test {

class ScriptedStream final : public io::Stream {
 public:
  /// What the next reads give, one each; then the end of the stream.
  std::deque<std::string> reads;
  std::string written;
  std::size_t writes = 0;
  bool broken = false;  ///< every write fails
  bool aborted = false;

  using Stream::write_all;

  io::IoResult read_some(std::span<char> into, Deadline) override {
    if (reads.empty()) {
      return {io::IoStatus::End, 0, 0};
    }
    std::string& next = reads.front();
    const std::size_t count = std::min(into.size(), next.size());
    std::memcpy(into.data(), next.data(), count);
    next.erase(0, count);
    if (next.empty()) {
      reads.pop_front();
    }
    return {io::IoStatus::Ok, count, 0};
  }

  io::IoResult write_all(std::span<const std::string_view> pieces, SteadyClock::duration) override {
    if (broken) {
      return {io::IoStatus::Failed, 0, EPIPE};
    }
    ++writes;
    for (std::string_view piece : pieces) {
      written += piece;
    }
    return {};
  }

  io::IoResult write_some(std::string_view piece, Deadline) override {
    written += piece;
    return {io::IoStatus::Ok, piece.size(), 0};
  }

  bool readable() override { return !reads.empty(); }
  bool peer_closed() const override { return false; }
  void when_readable(std::function<void()>) override {}
  void watch_departure(io::Interruption*) override {}
  void shutdown_write() override {}
  void abort() override { aborted = true; }
  void cancel() override {}
};

}  // namespace llmsnap::test
