// Field lines and the values that frame a message, read the same way in requests and answers.
// Thread rule: pure functions; views point into the caller's buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/fields.h"

namespace llmsnap::wire {

/// Longest field name we take.
inline constexpr std::size_t MaxFieldName = 256;

/// Why a block of field lines is refused. Text is a fixed sentence part; it never quotes the block.
struct FieldFault {
  const char* text;
  bool too_large;
};

/// Reads field lines up to the empty line that must end `block` exactly, and appends them to
/// `fields`.
std::optional<FieldFault> parse_field_lines(std::string_view block, std::size_t max_fields,
                                            Fields& fields);

/// Content-Length: digits alone, at most 2^63-1. Absent otherwise.
std::optional<std::uint64_t> parse_length(std::string_view value);

}  // namespace llmsnap::wire
