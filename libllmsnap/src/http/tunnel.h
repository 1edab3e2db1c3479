// relay_both_ways: copies bytes between two streams until either side closes.
// Thread rule: called on a fiber of the streams' loop; starts one more fiber and waits for its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "io/stream.h"

namespace llmsnap::api {
class StopNotice;
}

namespace llmsnap::http {

struct TunnelEnd {
  io::Stream& stream;
  std::string_view early_bytes;  ///< received from it before the tunnel began
};

struct TunnelTotals {
  bool begun = false;    ///< false: there was no memory for the second fiber
  bool stopped = false;  ///< it was quiet while the gateway stops, and was ended
  std::uint64_t from_client = 0;
  std::uint64_t to_client = 0;
};

/// When one side closes, what it sent has been passed on, and the other side is to be closed by the
/// caller. A tunnel has no end of its own: once the notice is given it ends as soon as nothing has
/// passed for five seconds.
TunnelTotals relay_both_ways(TunnelEnd client, TunnelEnd server,
                             std::chrono::milliseconds write_idle, api::StopNotice& stop);

}  // namespace llmsnap::http
