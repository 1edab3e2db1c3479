// ChunkDecoder: strict reader of the chunked transfer coding; data is handed out in place.
// Thread rule: one decoder belongs to one body; no locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "llmsnap/result.h"

namespace llmsnap::wire {

class ChunkDecoder {
 public:
  /// Bounds on what is not data: one chunk-size line; all extensions together, beyond one byte for
  /// each 16 bytes of data so far; all trailers.
  struct Limits {
    std::size_t line = 4 * 1024;
    std::size_t extensions = 16 * 1024;
    std::size_t trailers = 16 * 1024;
    std::size_t trailer_fields = 32;
  };

  ChunkDecoder() = default;
  explicit ChunkDecoder(Limits limits) : limits_(limits) {}

  struct Step {
    std::size_t consumed = 0;  ///< bytes of the input that are dealt with
    std::string_view data;     ///< body bytes among them; a view into the input
  };

  /// Takes the next bytes of the message, in any division. At most one run of data per call; call
  /// again with the rest. All of the input is consumed unless a run of data or the end of the body
  /// came first, so an empty rest and not done means: more input is needed. An error is final:
  /// BadRequest, BodyTooLarge (a chunk of 2^63 bytes or more) or HeadTooLarge (trailers over their
  /// limits). In an answer each of them is the upstream's failure. The sum of the data is the
  /// caller's to bound.
  Result<Step> step(std::string_view input);

  bool done() const { return state_ == State::Done; }

  /// Trailer fields, validated; complete once done. None of them frames, routes or authenticates.
  const std::vector<std::pair<std::string, std::string>>& trailers() const { return trailers_; }

 private:
  enum class State {
    Size,       ///< hexadecimal digits
    SizeLf,     ///< line feed behind size and extensions
    Semicolon,  ///< white space before a further extension
    ExtStart,   ///< white space before a name
    ExtName,
    ExtEquals,  ///< white space behind a name
    ExtValue,   ///< white space before a value
    ExtToken,
    ExtQuoted,
    ExtEscape,  ///< what a backslash escapes
    ExtAfterQuoted,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    FinalLf,
    Done,
    Failed,
  };

  std::size_t take_plain_size_line(std::string_view input);
  Step take_data(std::string_view input, std::size_t at);
  Result<void> advance(std::string_view input, std::size_t& at);
  Result<void> advance_size(char c);
  Result<void> advance_extension(char c);
  State next_in_name(char c) const;
  State next_in_value(char c) const;
  static State next_behind_value(char c);
  Result<void> advance_data_end(char c);
  Result<void> advance_trailer(std::string_view input, std::size_t& at);
  Result<void> take_trailer_run(std::string_view run);
  Result<void> end_trailer_name(char c);
  Result<void> end_size_line();
  Result<void> end_trailer();

  State state_ = State::Size;
  std::uint64_t left_ = 0;  ///< size read so far, then bytes of the chunk still to come
  std::uint64_t data_bytes_ = 0;
  std::size_t line_bytes_ = 0;  ///< of the chunk-size line in work
  std::size_t digits_ = 0;
  std::size_t extension_bytes_ = 0;
  Limits limits_;
  std::size_t trailer_bytes_ = 0;
  std::string line_;       ///< the trailer line in work
  std::size_t colon_ = 0;  ///< length of the name in it
  std::vector<std::pair<std::string, std::string>> trailers_;
};

}  // namespace llmsnap::wire
