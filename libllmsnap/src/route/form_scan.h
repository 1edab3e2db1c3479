// FormScanner: finds the field `model` in a multipart form while its bytes pass, in whatever
// pieces. Thread rule: belongs to the request's fiber. PURE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "llmsnap/result.h"

namespace llmsnap::route {

/// What was found. Offsets count from the start of the body.
struct FormFacts {
  std::optional<std::string> model;
  std::uint64_t model_begin = 0;  ///< of its value
  std::uint64_t model_end = 0;
  bool stream = false;
  bool url_encoded = false;  ///< no multipart form: names and values are escaped as in a query
};

class FormScanner {
 public:
  static constexpr std::size_t LargestPartHead = 16 * 1024;
  static constexpr std::size_t MostParts = 1000;

  explicit FormScanner(const std::string& boundary)
      : delimiter_("\r\n--" + boundary), waiting_("\r\n"), offset_(-2) {}

  /// The next bytes of the body; the time is that of their number, however they are divided. Errors
  /// are final: BadRequest, where the form is broken, two servers could read it in two ways, or it
  /// is over a limit.
  Result<void> take(std::string_view piece);

  /// After the last piece. BadRequest where the form has no end, or no model.
  Result<FormFacts> finish() &&;

 private:
  enum class Place { Preamble, BehindDelimiter, Head, Value, Epilogue };

  /// Consumes what it can of rest(); false where more bytes are needed.
  Result<bool> step();
  Result<bool> skip_to_delimiter();
  Result<bool> pass_delimiter();
  Result<bool> read_head();
  Result<bool> read_value();
  Result<void> begin_value(std::string_view head);
  Result<void> end_value();
  std::string_view rest() const { return std::string_view(waiting_).substr(consumed_); }
  std::size_t find_delimiter() const;
  void consume(std::size_t count);
  void drop_consumed();

  const std::string delimiter_;
  Place place_ = Place::Preamble;
  // It begins with a line end that is not in the body, so that the first delimiter is like the
  // others.
  std::string waiting_;
  std::size_t consumed_ = 0;  // of waiting_; dropped once a piece, or each part would move the rest
  std::size_t looked_at_ = 0;  // of rest(): what was looked for is not in it
  std::int64_t offset_;        // of rest() in the body
  std::size_t parts_ = 0;
  enum class Field { Other, Model, Stream } field_ = Field::Other;
  std::string value_;  // of a field that matters
  FormFacts facts_;
};

}  // namespace llmsnap::route
