// Question: one request of our own to a model's server, to see how it answers.
// Thread rule: used by one fiber of the pool's loop, which it suspends.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "io/stream.h"
#include "process/server.h"
#include "upstream/answer_reader.h"
#include "upstream/pool.h"

namespace llmsnap::process {

struct Asked {
  std::string_view method = "GET";
  std::string_view target;     ///< path and query
  std::string_view json = {};  ///< empty: no body
};

/// Why there was no answer.
struct Unanswered {
  std::string seen;
  bool time_was_up = false;
  bool nobody_listens = false;  ///< the kernel said so, which costs the server nothing
};

/// On a connection of its own: whoever listens now shall answer it, and an idle connection may lead
/// to who listened before.
class Question {
 public:
  /// The pool must outlive it. `deadline`: of connection and answer together.
  Question(upstream::Pool& pool, Server server, Deadline deadline)
      : pool_(pool),
        server_(std::move(server)),
        deadline_(deadline),
        reader_(pool.blocks(), server_.url, {}) {}

  /// Nothing: the head of the answer is there.
  std::optional<Unanswered> ask(const Asked& asked);

  const wire::ResponseHead& head() const { return reader_.head(); }

  /// At most `limit` bytes of the body, as far as they come in time.
  std::string read_body(std::size_t limit, std::chrono::milliseconds patience);

  /// The whole body was read.
  bool finished() const { return reader_.finished(); }

  /// Status and beginning of the body, in words.
  std::string describe_answer();

  /// Gives the connection to the pool if it can be used again.
  void keep_connection();

 private:
  Unanswered failed(const Error& error, std::string_view missing) const;

  upstream::Pool& pool_;
  const Server server_;
  const Deadline deadline_;
  const SteadyClock::time_point begun_ = SteadyClock::now();
  upstream::AnswerReader reader_;
  std::unique_ptr<io::Stream> stream_;
};

/// What a message shows at most of text that a server sent.
inline constexpr std::size_t MaxQuotedBytes = 200;

/// A time as a message says it.
std::string in_words(SteadyClock::duration time);

}  // namespace llmsnap::process
