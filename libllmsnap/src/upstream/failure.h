// What the errors of this layer say: what was attempted, with which server, and why it failed.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/url.h"
#include "io/stream.h"
#include "llmsnap/result.h"

namespace llmsnap::upstream {

/// "http://127.0.0.1:5800", "unix:/run/x.sock".
std::string server_name(const Url& url);

/// `attempt` ends in a preposition: "send a request to".
Error failure(std::string_view attempt, const Url& url, const io::IoResult& result);
Error failure(std::string_view attempt, const Url& url, std::string_view why);

/// Whether an error is about a server or the way to it, and not about the client or ourselves.
constexpr bool blames_server(ErrorCode code) {
  return code == ErrorCode::UpstreamFailed || code == ErrorCode::UpstreamTimeout;
}

}  // namespace llmsnap::upstream
