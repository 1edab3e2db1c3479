// server_error: what a model's server says of its error, in one text for the record.
// Thread rule: a pure function.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wire/server_key.h"

namespace llmsnap::record {

/// Of an error's body no more than this is looked at.
inline constexpr std::size_t MaxErrorBody = 16 * 1024;

/// An answer with an error, as far as it is known.
struct ErrorAnswer {
  int status = 0;
  std::string_view reason = {};          ///< of the status line
  std::string_view body = {};            ///< its beginning, decoded
  const wire::ServerKey* key = nullptr;  ///< which must not be repeated; null: none
  bool broken_body = false;              ///< could not be decoded
};

/// The first text that is not blank at error.message, error, message and detail of a JSON body; of
/// a longer one the first 500 bytes (no character is cut) and `...`. Else that it could not be
/// decoded, else `502 Bad Gateway` as the status line has it, else `HTTP 502`.
std::string server_error(const ErrorAnswer& answer);

}  // namespace llmsnap::record
