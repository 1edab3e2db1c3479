// The canary: a small request of our own to a model whose answers fail, of the kind that failed, to
// see whether it serves at all. Thread rule: kind_of and canary_for are pure; sing is called on a
// fiber of the pool's loop.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "llmsnap/result.h"
#include "process/server.h"

namespace llmsnap::upstream {
class Pool;
}

namespace llmsnap::process {

struct Canary {
  std::string method;
  std::string target;
  std::string body;  ///< JSON, or empty
  /// The model has nothing else to do: if it says "not now" (503), or nothing, that is a failure.
  bool to_idle = false;
};

/// What a request to that target asks for, a small number; UnknownKind where we cannot ask the
/// like. Far below 32 there are.
std::size_t kind_of(std::string_view target);
inline constexpr std::size_t UnknownKind = 31;

/// `failed`: target of the request whose answer failed, as the model's server saw it. Where its
/// kind is not known: the model's `checkEndpoint`. `name`: what the server calls the model.
Canary canary_for(std::string_view failed, std::string_view name, std::string_view check_endpoint);

/// What an idle model is asked now and then.
Canary health_canary(std::string_view check_endpoint);

/// UpstreamFailed: no connection, a broken answer, or one that counts as failure. An answer that
/// does not come in time says nothing: the model may be busy, unless it is known to be idle.
Result<void> sing(upstream::Pool& pool, const Server& server, const Canary& canary,
                  Deadline deadline);

}  // namespace llmsnap::process
