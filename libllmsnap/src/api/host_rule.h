// HostRule: which Host a request may name, so that a page elsewhere cannot reach us by DNS
// rebinding. Thread rule: immutable after construction; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/config.h"
#include "llmsnap/result.h"

namespace llmsnap::api {

class HostRule {
 public:
  explicit HostRule(const Config& config);

  /// `host` is the value of Host, its syntax already checked; `listen_name` the host part of the
  /// listen entry. The rule holds on connections to a loopback address while no keys are
  /// configured; the error (MisdirectedRequest) names the key that allows more.
  Result<void> check(std::string_view host, std::string_view listen_name, bool to_loopback) const;

 private:
  bool off_ = false;
  std::vector<std::string> allowed_;  // lower case, without port and brackets
};

}  // namespace llmsnap::api
