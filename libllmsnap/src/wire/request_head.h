// A request head, parsed strictly: what RFC 9112 lets a proxy pass on, and nothing else.
// Thread rule: pure functions and plain values; views point into the caller's buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "llmsnap/result.h"
#include "wire/fields.h"

namespace llmsnap::wire {

struct HeadLimits {
  std::size_t head = 64 * 1024;   ///< bytes up to and including the empty line
  std::size_t target = 8 * 1024;  ///< bytes of the request target
  std::size_t fields = 100;
};

enum class Framing {
  None,    ///< no body
  Length,  ///< content_length bytes
  Chunked,
  UntilClose,  ///< answers only
};

struct RequestHead {
  std::string_view method;
  std::string_view target;  ///< origin form (absolute is reduced) or `*`; escapes kept
  std::string_view path;    ///< target up to the first `?`
  std::string_view query;   ///< what follows it
  std::string_view host;    ///< Host, equal to an absolute form's authority; may be empty with 1.0
  int minor_version = 1;
  Fields fields;  ///< all fields, in order, Host and framing fields included
  Framing framing = Framing::None;
  std::uint64_t content_length = 0;
  bool keep_alive = true;         ///< the client lets the connection persist
  bool expect_continue = false;   ///< it waits for 100 before it sends the body
  bool accepts_trailers = false;  ///< TE: trailers
  std::string_view upgrade;       ///< value of the one Upgrade field if Connection names it
};

/// Watches a head arrive. Give it the whole buffer each time; it looks at each byte once, and
/// refuses as soon as what has arrived cannot become a valid head (no waiting for an end that never
/// comes). The verdict does not depend on how the bytes were divided; an error is final.
class HeadScanner {
 public:
  explicit HeadScanner(HeadLimits limits) : limits_(limits) {}

  struct Progress {
    std::size_t skipped = 0;  ///< empty lines before the request line, to be dropped
    std::size_t size = 0;  ///< bytes of the head behind them, with its last CRLF; 0 = not complete
  };

  /// `buffer` must begin with the same bytes at each call.
  Result<Progress> scan(std::string_view buffer);

  /// Ready for the next head.
  void reset();

 private:
  enum class State {
    Start,    ///< of the request line, or of an empty line before it
    StartLf,  ///< line feed of an empty line
    Method,
    Target,
    Version,
    LineLf,  ///< line feed of the request line
    FieldStart,
    Name,
    Value,
    ValueLf,  ///< line feed of a field line
    EndLf,    ///< line feed of the empty line at the end
    Done,
  };

  /// The quick way for a field line that is whole and valid; false: nothing is done.
  bool take_whole_line(std::string_view window);
  Result<void> advance(std::string_view window);
  Result<void> advance_start(char c);
  Result<void> advance_empty_line(char c);
  Result<void> advance_method(std::string_view window);
  Result<void> advance_target(std::string_view window);
  Result<void> advance_version(std::string_view window);
  Result<void> advance_field_start(char c);
  Result<void> advance_name(std::string_view window);
  Result<void> advance_value(std::string_view window);
  Result<void> expect_line_feed(char c, State next);

  HeadLimits limits_;
  State state_ = State::Start;
  std::size_t position_ = 0;  ///< next byte to look at
  std::size_t skipped_ = 0;
  std::size_t mark_ = 0;  ///< where the method, target, version or name in work begins
  std::size_t empty_lines_ = 0;
  std::size_t fields_ = 0;
  char major_ = '1';
};

/// Parses a complete head as HeadScanner found it; strict also where the scanner was not asked. The
/// memory of `head.fields` is reused. After an error the content of `head` means nothing. Errors
/// are BadRequest, TargetTooLong, HeadTooLarge, NotImplemented, VersionNotSupported or
/// ExpectationFailed; their messages never quote the client.
Result<void> parse_request_head(std::string_view bytes, const HeadLimits& limits,
                                RequestHead& head);

}  // namespace llmsnap::wire
