// CaptureMemory: makes captures and counts what they take. The memory of those that are gone is
// used again: one thread fills captures and another one lets them go, so that each malloc would
// wait for a free of the other's. Thread rule: any thread; outlives its captures by itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "capture/traffic_capture.h"

namespace llmsnap::capture {

class CaptureMemory : public std::enable_shared_from_this<CaptureMemory> {
 public:
  /// `most`: bytes that captures together may reserve.
  explicit CaptureMemory(std::size_t most);
  ~CaptureMemory();
  CaptureMemory(const CaptureMemory&) = delete;
  CaptureMemory& operator=(const CaptureMemory&) = delete;

  std::shared_ptr<TrafficCapture> make();
  /// So many bytes more, until nobody has the capture any more. It is one that `make` gave, and
  /// whoever fills it calls this. False: there are no more.
  bool reserve(TrafficCapture& capture, std::size_t bytes);

 private:
  /// Knows what it has reserved.
  struct Counted;

  void take_back(std::unique_ptr<Counted> capture);

  const std::size_t most_;
  std::atomic<std::size_t> reserved_{0};
  Mutex mutex_;
  std::vector<std::unique_ptr<Counted>> spare_ GUARDED_BY(mutex_);
};

}  // namespace llmsnap::capture
