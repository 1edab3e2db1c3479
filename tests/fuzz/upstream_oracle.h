// What every request that reaches a model's server must look like, whatever a client sent.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>

namespace llmsnap::test {

/// What is wrong with a request head as received (empty line included), if anything. The client is
/// taken to have been one on 127.0.0.1 without TLS.
std::optional<std::string> fault_of_forwarded(const std::string& head);

}  // namespace llmsnap::test
