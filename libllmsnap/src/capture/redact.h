// redacted: a capture without the credentials in it.
// Thread rule: pure functions; off the request's path, they read whole bodies.
#pragma once

#include <string>
#include <string_view>

#include "capture/traffic_capture.h"

namespace llmsnap::capture {

/// Fields by record::shown_value, bodies by without_secrets.
TrafficCapture redacted(TrafficCapture capture);

/// Of a text with JSON in it, whole or cut off, and of the JSON within its texts: replaced are the
/// texts and numbers behind members whose names tell of secrets (many of one member by one text),
/// the `value` beside a `name` that does, and what follows the `=` of such a name in an item of a
/// list. Everything else stays, byte for byte.
std::string without_secrets(std::string_view text);

}  // namespace llmsnap::capture
