// connect_through: opens a Stream to a server by way of an HTTP proxy.
// Thread rule: called on a fiber; the stream belongs to its loop.
#pragma once

#include <memory>

#include "base/forward_proxy.h"
#include "base/url.h"
#include "io/connect.h"
#include "io/stream.h"
#include "llmsnap/result.h"

namespace llmsnap::upstream {

class BlockList;

/// For an https server a tunnel (CONNECT) and TLS with the server in it; for an http one a
/// connection to the proxy, which gets requests in absolute form. `blocks`: of this loop. Errors:
/// those of io::connect, and UpstreamFailed with the status that the proxy refused with.
Result<std::unique_ptr<io::Stream>> connect_through(const ForwardProxy& proxy, const Url& url,
                                                    const io::ConnectOptions& options,
                                                    BlockList& blocks);

/// `why` an attempt failed, and that it went this way.
Error failure_behind(const ForwardProxy& proxy, const Url& url, const Error& why);

}  // namespace llmsnap::upstream
