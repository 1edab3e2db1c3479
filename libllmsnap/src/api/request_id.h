// RequestIds: the X-Request-Id of each request: the client's where it is usable, else one of ours.
// Thread rule: any thread; no lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmsnap::api {

/// 1 to 128 characters of [A-Za-z0-9._-]: what may be repeated in headers and logs as it came.
bool is_usable_request_id(std::string_view id);

class RequestIds {
 public:
  /// Seeds itself from the system once; no later call does.
  RequestIds();

  /// `from_client` if it is usable, else 32 new hex digits.
  std::string choose(std::string_view from_client);

 private:
  const std::uint64_t first_seed_;
  const std::uint64_t second_seed_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace llmsnap::api
