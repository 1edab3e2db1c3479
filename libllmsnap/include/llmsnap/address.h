// Address: where a server listens, as it came out: with the port that the kernel chose.
// Thread rule: a plain value.
#pragma once

#include <cstdint>
#include <string>

namespace llmsnap {

struct Address {
  std::string host;  ///< empty for Unix sockets and for "every address"
  std::uint16_t port = 0;
  std::string text;  ///< as one would write it: `127.0.0.1:8080`, `unix:/run/llmsnap.sock`
};

}  // namespace llmsnap
