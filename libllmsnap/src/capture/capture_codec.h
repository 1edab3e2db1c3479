// Several captures as one text, for compression and back.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/traffic_capture.h"

namespace llmsnap::capture {

void append_encoded(const TrafficCapture& capture, std::string& out);

/// The one at that place; nothing if the text is none of ours.
std::optional<TrafficCapture> decoded(std::string_view text, std::size_t place);

}  // namespace llmsnap::capture
