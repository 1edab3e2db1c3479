// connect: opens a Stream to a server by URL: resolve, try each address, TLS handshake.
// Thread rule: called on a fiber; the stream belongs to its loop.
#pragma once

#include <memory>

#include "base/url.h"
#include "io/stream.h"
#include "llmsnap/result.h"

namespace llmsnap::io {

/// Errors: UpstreamFailed (refused, unknown host, handshake), UpstreamTimeout, ClientLeft,
/// ShuttingDown, Unavailable (too many names are asked for). The text says which address and why.
Result<std::unique_ptr<Stream>> connect(const Url& url, Deadline deadline);

}  // namespace llmsnap::io
