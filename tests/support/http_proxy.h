// HttpProxy: a forward proxy for tests: whatever it is asked for, it takes to one port of this
// machine. Thread rule: as ScriptedUpstream.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/scripted_upstream.h"

namespace llmsnap::test {

class HttpProxy {
 public:
  /// Requests in absolute form are sent on in origin form; CONNECT opens a tunnel.
  explicit HttpProxy(std::uint16_t target_port);
  /// Answers everything so, and closes where it was asked for a tunnel.
  explicit HttpProxy(const std::string& answer);

  std::string address() const { return "127.0.0.1:" + std::to_string(upstream_.port()); }
  /// Heads (with bodies) that it was sent, those of CONNECT among them.
  std::vector<std::string> received() const { return upstream_.received(); }
  std::size_t connections() const { return upstream_.connections(); }

 private:
  ScriptedUpstream upstream_;
};

}  // namespace llmsnap::test
