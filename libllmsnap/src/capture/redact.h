// redacted: a capture without the credentials in it.
// Thread rule: pure functions; off the request's path, they read whole bodies.
#pragma once

#include <string>
#include <string_view>

#include "capture/traffic_capture.h"

namespace llmsnap::capture {

/// Fields by record::shown_value; in bodies the texts behind JSON members whose names tell of
/// secrets.
TrafficCapture redacted(TrafficCapture capture);

/// Of a text with JSON in it, whole or cut off: the texts behind members whose names tell of
/// secrets are replaced. Everything else stays, byte for byte.
std::string without_secrets(std::string_view text);

}  // namespace llmsnap::capture
