// LogStream: a log as a body without an end: what is printed, as it is printed.
// Thread rule: belongs to the request's fiber.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/line_filter.h"
#include "api/stop_notice.h"
#include "base/body_source.h"
#include "io/bell.h"
#include "log/output_log.h"

namespace llmsnap::api {

class LogStream final : public BodySource {
 public:
  /// Begins at `position` of the log, and gives the lines that `filter` passes. `stop` (may be
  /// null) must outlive it.
  LogStream(std::shared_ptr<OutputLog> log, std::uint64_t position, LineFilter filter,
            StopNotice* stop);

  /// Ends when the server stops, with what was printed until then. A reader that was too slow is
  /// told how much it has missed.
  Result<std::string_view> pull() override;

 private:
  void listen();

  const std::shared_ptr<OutputLog> log_;  // shared with who writes it
  LineFilter filter_;
  StopNotice* const stop_;
  std::uint64_t position_;
  std::optional<std::uint64_t> end_;  // once the server stops: what it had printed by then
  std::string piece_;
  // From the first wait on; the other owners are the subscriptions' callbacks.
  std::shared_ptr<io::Bell> bell_;
  Subscription more_;
  Subscription stopping_;
};

}  // namespace llmsnap::api
