// Header fields as views into the bytes they were parsed from, in the order received.
// Thread rule: plain values; the buffer they point into must outlive them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace llmsnap::wire {

struct Field {
  std::string_view name;   ///< as received; compare with same_name
  std::string_view value;  ///< byte for byte, without the white space around it
};

using Fields = std::vector<Field>;

/// ASCII case-insensitive equality.
bool same_name(std::string_view a, std::string_view b);

/// The first field of that name, or null.
const Field* find_field(std::span<const Field> fields, std::string_view name);

/// Its value; empty: there is none.
std::string_view value_of(std::span<const Field> fields, std::string_view name);

/// Whether the body has a Content-Encoding: its bytes are not what they look like.
bool has_coding(std::span<const Field> fields);

/// True if `token` is an element of the comma-separated list `value` (case-insensitive).
bool list_contains(std::string_view value, std::string_view token);

}  // namespace llmsnap::wire
