#include "wire/chunk_decoder.h"

#include <algorithm>
#include <limits>

#include "base/hex.h"
#include "wire/field_lines.h"
#include "wire/grammar.h"
#include "wire/trailer_rules.h"

namespace llmsnap::wire {
namespace {

/// More digits than a 64-bit number has, leading zeros counted, are of no use to an honest sender.
constexpr std::size_t MaxDigits = 16;
constexpr std::uint64_t MaxChunk = std::numeric_limits<std::int64_t>::max();
/// Digits that the fast way reads.
constexpr std::size_t PlainDigits = 6;
/// One byte of extensions is paid for by so many bytes of data.
constexpr std::uint64_t DataPerExtensionByte = 16;

Error bad(const char* why) {
  return Error{ErrorCode::BadRequest, why};
}

}  // namespace

Result<ChunkDecoder::Step> ChunkDecoder::step(std::string_view input) {
  std::size_t at = take_plain_size_line(input);
  while (at < input.size() && state_ != State::Done) {
    if (state_ == State::Data) {
      return take_data(input, at);
    }
    if (Result<void> advanced = advance(input, at); !advanced) {
      state_ = State::Failed;
      return advanced.error();
    }
  }
  return Step{at, {}};
}

/// Nearly every size line: there as a whole, a few digits and no extension. Answers with its
/// length, or 0 and leaves all others, and the last chunk's, to the byte by byte way.
std::size_t ChunkDecoder::take_plain_size_line(std::string_view input) {
  if (state_ != State::Size || digits_ != 0 || input.size() < PlainDigits + 2) {
    return 0;
  }
  std::uint64_t size = 0;
  std::size_t at = 0;
  while (at < PlainDigits && grammar::is(input[at], grammar::Hex)) {
    size = size << 4 | hex_value(input[at++]);
  }
  if (size == 0 || input[at] != '\r' || input[at + 1] != '\n') {
    return 0;
  }
  left_ = size;
  state_ = State::Data;
  return at + 2;
}

ChunkDecoder::Step ChunkDecoder::take_data(std::string_view input, std::size_t at) {
  const std::string_view data = input.substr(at, std::min<std::uint64_t>(left_, input.size() - at));
  at += data.size();
  left_ -= data.size();
  data_bytes_ += data.size();
  if (left_ == 0) {
    state_ = State::DataCr;
    // Saves the caller a call for each chunk. What is wrong behind the data waits until it is
    // handed out.
    if (input.substr(at, 2) == "\r\n") {
      at += 2;
      state_ = State::Size;
    }
  }
  return Step{at, data};
}

Result<void> ChunkDecoder::advance(std::string_view input, std::size_t& at) {
  switch (state_) {
    case State::Size:
      return advance_size(input[at++]);
    case State::SizeLf:
      return input[at++] == '\n' ? end_size_line() : bad("a chunk size is not followed by CR LF");
    case State::Semicolon:
    case State::ExtStart:
    case State::ExtName:
    case State::ExtEquals:
    case State::ExtValue:
    case State::ExtToken:
    case State::ExtQuoted:
    case State::ExtEscape:
    case State::ExtAfterQuoted:
      return advance_extension(input[at++]);
    case State::DataCr:
    case State::DataLf:
      return advance_data_end(input[at++]);
    case State::TrailerStart:
    case State::TrailerName:
    case State::TrailerValue:
    case State::TrailerLf:
    case State::FinalLf:
      return advance_trailer(input, at);
    case State::Failed:
      return bad("the chunked body was found broken before");
    case State::Data:
    case State::Done:
      break;
  }
  return {};
}

Result<void> ChunkDecoder::advance_size(char c) {
  if (grammar::is(c, grammar::Hex)) {
    if (++digits_ > MaxDigits) {
      return bad("a chunk size has too many digits");
    }
    left_ = left_ << 4 | hex_value(c);
    return {};
  }
  if (digits_ == 0) {
    return bad("a chunk size is missing");
  }
  line_bytes_ = digits_;
  if (c == '\r') {
    state_ = State::SizeLf;
    return {};
  }
  state_ = State::Semicolon;
  return advance_extension(c);
}

/// BWS is taken where the grammar has it (RFC 9112 7.1.1), and only there: never before the line's
/// end.
Result<void> ChunkDecoder::advance_extension(char c) {
  const bool in_name = state_ == State::Semicolon || state_ == State::ExtStart ||
                       state_ == State::ExtName || state_ == State::ExtEquals;
  state_ = in_name ? next_in_name(c) : next_in_value(c);
  if (state_ == State::Failed) {
    return bad("a chunk size is followed by neither an extension nor CR LF");
  }
  ++line_bytes_;
  ++extension_bytes_;
  if (line_bytes_ > limits_.line ||
      extension_bytes_ > limits_.extensions + data_bytes_ / DataPerExtensionByte) {
    return bad("the chunk extensions are over the size limit");
  }
  return {};
}

ChunkDecoder::State ChunkDecoder::next_in_name(char c) const {
  const bool token = grammar::is(c, grammar::Token);
  switch (state_) {
    case State::Semicolon:
      return grammar::is_space(c) ? State::Semicolon : c == ';' ? State::ExtStart : State::Failed;
    case State::ExtStart:
      return grammar::is_space(c) ? State::ExtStart : token ? State::ExtName : State::Failed;
    case State::ExtName:
      if (token) {
        return State::ExtName;
      }
      if (c == '\r') {
        return State::SizeLf;
      }
      break;
    default:
      break;
  }
  if (grammar::is_space(c)) {
    return State::ExtEquals;
  }
  return c == '=' ? State::ExtValue : c == ';' ? State::ExtStart : State::Failed;
}

ChunkDecoder::State ChunkDecoder::next_in_value(char c) const {
  const bool token = grammar::is(c, grammar::Token);
  switch (state_) {
    case State::ExtValue:
      if (grammar::is_space(c)) {
        return State::ExtValue;
      }
      return c == '"' ? State::ExtQuoted : token ? State::ExtToken : State::Failed;
    case State::ExtToken:
      return token ? State::ExtToken : next_behind_value(c);
    case State::ExtQuoted:
      if (c == '"' || c == '\\') {
        return c == '"' ? State::ExtAfterQuoted : State::ExtEscape;
      }
      return grammar::is(c, grammar::Value) ? State::ExtQuoted : State::Failed;
    case State::ExtEscape:
      return grammar::is(c, grammar::Value) ? State::ExtQuoted : State::Failed;
    default:
      return next_behind_value(c);
  }
}

ChunkDecoder::State ChunkDecoder::next_behind_value(char c) {
  if (grammar::is_space(c)) {
    return State::Semicolon;
  }
  return c == '\r' ? State::SizeLf : c == ';' ? State::ExtStart : State::Failed;
}

Result<void> ChunkDecoder::end_size_line() {
  if (left_ > MaxChunk) {
    return Error{ErrorCode::BodyTooLarge, "a chunk is too large"};
  }
  state_ = left_ == 0 ? State::TrailerStart : State::Data;
  digits_ = 0;
  return {};
}

Result<void> ChunkDecoder::advance_data_end(char c) {
  if (c != (state_ == State::DataCr ? '\r' : '\n')) {
    return bad("the data of a chunk is not followed by CR LF");
  }
  state_ = state_ == State::DataCr ? State::DataLf : State::Size;
  return {};
}

Result<void> ChunkDecoder::advance_trailer(std::string_view input, std::size_t& at) {
  const char* const begin = input.data() + at;
  const char* const end = input.data() + input.size();
  if (state_ == State::TrailerName || state_ == State::TrailerValue) {
    const char* const stop = state_ == State::TrailerName
                                 ? grammar::skip(begin, end, grammar::Token)
                                 : grammar::skip_value(begin, end);
    const auto run = static_cast<std::size_t>(stop - begin);
    at += run;
    if (Result<void> taken = take_trailer_run({begin, run}); !taken || stop == end) {
      return taken;
    }
  }
  const char c = input[at++];
  switch (state_) {
    case State::TrailerStart:
      state_ = c == '\r' ? State::FinalLf : State::TrailerName;
      if (state_ == State::TrailerName && !grammar::is(c, grammar::Token)) {
        return bad("a trailer line does not begin with a name");
      }
      return state_ == State::FinalLf ? Result<void>() : take_trailer_run({&c, 1});
    case State::TrailerName:
      return end_trailer_name(c);
    case State::TrailerValue:
      state_ = State::TrailerLf;
      return c == '\r' ? Result<void>() : bad("a trailer value holds a control character");
    case State::TrailerLf:
      return c == '\n' ? end_trailer() : bad("a trailer line does not end with CR LF");
    default:
      state_ = State::Done;
      return c == '\n' ? Result<void>() : bad("the chunked body does not end with CR LF");
  }
}

Result<void> ChunkDecoder::take_trailer_run(std::string_view run) {
  trailer_bytes_ += run.size();
  if (trailer_bytes_ > limits_.trailers) {
    return Error{ErrorCode::HeadTooLarge, "the trailers are over the size limit"};
  }
  line_.append(run);
  return {};
}

Result<void> ChunkDecoder::end_trailer_name(char c) {
  if (c != ':') {
    return bad("a trailer name is not a token followed by a colon");
  }
  if (line_.size() > MaxFieldName) {
    return Error{ErrorCode::HeadTooLarge, "a trailer name is too long"};
  }
  if (forbidden_in_trailer(line_)) {
    return bad("a field stands in the trailers that must not");
  }
  colon_ = line_.size();
  state_ = State::TrailerValue;
  return take_trailer_run(":");
}

Result<void> ChunkDecoder::end_trailer() {
  const std::string_view line = line_;
  if (trailers_.size() == limits_.trailer_fields) {
    return Error{ErrorCode::HeadTooLarge, "the chunked body has too many trailers"};
  }
  trailers_.emplace_back(line.substr(0, colon_), grammar::trim(line.substr(colon_ + 1)));
  line_.clear();
  state_ = State::TrailerStart;
  return {};
}

}  // namespace llmsnap::wire
