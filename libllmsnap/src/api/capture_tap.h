// CaptureTap: keeps a request and its answer, as they go by, for the captures.
// Thread rule: one request's fiber.
#pragma once

#include <memory>
#include <string_view>

#include "api/answer.h"
#include "api/call.h"
#include "capture/traffic_capture.h"
#include "route/forward.h"
#include "wire/response_head.h"
#include "wire/server_key.h"

namespace llmsnap::api {

class CaptureTap {
 public:
  /// Keeps nothing.
  CaptureTap() = default;
  /// Begins with the request. Keeps nothing where captures are off, or the request is of a kind
  /// that is not metered.
  CaptureTap(const Call& call, const route::ForwardRequest& outgoing);

  void answer(const wire::ResponseHead& head);
  void pass(std::string_view piece);
  /// The answer has no end.
  void broke();
  /// What the answer repeats of the key that its server was given is not kept.
  void hide(const wire::ServerKey& key);
  /// The gateway's own answer, where there was none of a model's.
  void refused(const Answer& answer);

 private:
  capture::CaptureStore* store_ = nullptr;   // outlives all requests
  std::shared_ptr<TrafficCapture> capture_;  // shared with the request's record
  std::chrono::steady_clock::time_point received_;
  std::size_t most_bytes_ = 0;  // of a body
  bool keeps_answer_ = false;
};

}  // namespace llmsnap::api
