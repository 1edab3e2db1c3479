// The answers that a server may send us, good and bad, each with the treatment it must get.
// Thread rule: plain values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace llmsnap::upstream {

struct ResponseVector {
  std::string name;
  std::string method;
  std::string response;             ///< bytes; the server closes behind them
  std::string expect;               ///< forward, bad_gateway or abort
  std::optional<std::string> body;  ///< where the file names it
  std::optional<std::string> x_a;   ///< value that the field X-A must have
};

std::vector<ResponseVector> load_response_vectors();

}  // namespace llmsnap::upstream
