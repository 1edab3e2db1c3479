// CaptureTap: keeps a request and its answer, as they go by, for the captures.
// Thread rule: one request's fiber.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "capture/traffic_capture.h"

namespace llmsnap {
namespace capture {
class CaptureStore;
}
namespace route {
struct ForwardRequest;
}
namespace wire {
struct ResponseHead;
class ServerKey;
}  // namespace wire
}  // namespace llmsnap

namespace llmsnap::api {

struct Answer;
struct Call;

class CaptureTap {
 public:
  /// Keeps nothing.
  CaptureTap() = default;
  /// Begins with the request. Keeps nothing where captures are off, or the request is of a kind
  /// that is not metered.
  CaptureTap(const Call& call, const route::ForwardRequest& outgoing);

  /// What the client is sent before there is a model's answer: kept where none follows.
  void began(const Answer& early);
  void told(std::string_view events);

  void answer(const wire::ResponseHead& head);
  void pass(std::string_view piece);
  /// The answer has no end.
  void broke();
  /// What the answer repeats of the key that its server was given is not kept.
  void hide(const wire::ServerKey& key);
  /// The gateway's own answer, of which the client gets all, and nothing of a model's. With what
  /// was told before it it takes the place of whatever was kept. Its body must be one that can be
  /// read again.
  void failed(const Answer& answer);

 private:
  /// An answer of the gateway's own.
  struct Told {
    int status = 0;
    wire::KeptFields fields;
    CapturedBody body;
    std::vector<CapturedPiece> pieces;
  };

  void keep(std::string_view piece, CapturedBody& body, std::vector<CapturedPiece>& pieces);

  bool has_room(std::size_t bytes, std::size_t kept_before);

  capture::CaptureStore* store_ = nullptr;   // outlives all requests
  std::shared_ptr<TrafficCapture> capture_;  // shared with the request's record
  std::unique_ptr<Told> told_;               // null: nothing was
  std::chrono::steady_clock::time_point received_;
  std::size_t most_bytes_ = 0;  // of a body
  std::size_t room_ = 0;        // reserved for the answer, and not used yet
  bool keeps_answer_ = false;
  bool has_failed_ = false;
};

}  // namespace llmsnap::api
