#include "api/state_stream.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "api/router_status.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace llmsnap::api {
namespace {

constexpr std::size_t MostWaitingBytes = 256 * 1024;
constexpr std::chrono::seconds Silence{10};

/// Empty where the change makes no difference in these words.
std::string frame_of(const ModelEvent& event) {
  if (router_status(event.from) == router_status(event.to) && event.to != ModelState::Failed) {
    return {};
  }
  nlohmann::ordered_json data{{"status", router_status(event.to)}};
  if (event.to == ModelState::Failed) {
    data["failed"] = true;
  }
  if (event.exit_code) {
    data["exit_code"] = *event.exit_code;
  }
  const nlohmann::ordered_json told{
      {"model", event.model}, {"event", "model_status"}, {"data", std::move(data)}};
  return "data: " + told.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n\n";
}

}  // namespace

struct StateStream::Waiting {
  Mutex mutex;
  std::string frames GUARDED_BY(mutex);
  bool too_many GUARDED_BY(mutex) = false;

  /// What has no room ends the stream.
  void add(const std::string& frame) {
    const MutexLock lock(mutex);
    if (frames.size() + frame.size() > MostWaitingBytes) {
      too_many = true;
    } else {
      frames += frame;
    }
  }
};

StateStream::StateStream(EventBus& events, StopNotice* stop)
    : events_(events), stop_(stop), waiting_(std::make_shared<Waiting>()) {}

StateStream::~StateStream() = default;

Result<std::string_view> StateStream::pull() {
  if (!begun_) {
    begun_ = true;
    if (stop_ == nullptr || !stop_->given()) {
      listen();
    }
    piece_ = ": changes of the models' states\n\n";
    return std::string_view(piece_);
  }
  for (;;) {
    {
      const MutexLock lock(waiting_->mutex);
      piece_ = std::exchange(waiting_->frames, {});
      if (piece_.empty() && waiting_->too_many) {
        return std::string_view();
      }
    }
    if (!piece_.empty()) {
      return std::string_view(piece_);
    }
    if (stop_ != nullptr && stop_->given()) {
      return std::string_view();
    }
    switch (bell_->wait(SteadyClock::now() + Silence)) {
      case io::WaitResult::Event:
        break;
      case io::WaitResult::Deadline:
        piece_ = ":\n\n";
        return std::string_view(piece_);
      case io::WaitResult::ClientLeft:
        return Error{ErrorCode::ClientLeft, "the reader of the models' states left"};
      case io::WaitResult::Shutdown:
        return Error{ErrorCode::ShuttingDown, "the gateway is shutting down"};
    }
  }
}

void StateStream::listen() {
  bell_ = std::make_shared<io::Bell>();
  const auto ring = [bell = bell_] { bell->ring(); };
  if (stop_ != nullptr) {
    stopping_ = stop_->on_give(ring);
  }
  changes_ = events_.on_model([waiting = waiting_, ring](const ModelEvent& event) {
    if (const std::string frame = frame_of(event); !frame.empty()) {
      waiting->add(frame);
      ring();
    }
  });
}

}  // namespace llmsnap::api
