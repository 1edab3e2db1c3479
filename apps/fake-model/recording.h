#pragma once
// An answer that a gateway has captured, to be given again with its timing.
// Constant after main has read the command line.

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server.h"

namespace fake_model {

struct Recording {
  struct Piece {
    std::chrono::nanoseconds at{0};  // since the request
    std::size_t size = 0;            // of the body
  };
  std::string path;  // of the request; without query
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<Piece> pieces;  // none: the body came at once
  bool is_whole = true;
  bool is_broken = false;  // it had no end
};

// The text of GET /api/captures/<id>. Nothing: it is none, or has no answer in it.
std::optional<Recording> parse_recording(std::string_view text);

// The same bytes, each piece when it came, and broken where it was.
Answer played(std::shared_ptr<const Recording> recording);

}  // namespace fake_model
