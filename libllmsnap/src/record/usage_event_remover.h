// UsageEventRemover: takes the one event out of a stream of chat or completion chunks that tells of
// usage alone. All other bytes pass as they are; what may become that event waits for the end of
// its line. Thread rule: one request's fiber.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace llmsnap::record {

class UsageEventRemover {
 public:
  /// What can go on of this piece and of what was held back; valid until the next call, and no
  /// longer than the piece. Empty: nothing yet.
  std::string_view pass(std::string_view piece);

  /// Behind the last piece: what was held back.
  std::string_view finish();

 private:
  // A longer line tells of more than usage.
  static constexpr std::size_t MostHeld = 64 * 1024;

  std::string_view lines_that_stay(std::string_view lines);

  std::string held_;    // the begin of a line, behind those that name the event it may belong to
  std::string joined_;  // held_ and the piece behind it
  std::string kept_;    // lines around those that were taken out
  bool line_goes_ = false;  // the line that is open is not held back: its begin is gone
  bool within_ = false;     // the event whose data was taken out goes on to its empty line
};

}  // namespace llmsnap::record
