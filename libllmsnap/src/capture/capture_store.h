// CaptureStore: the newest captures, compressed, within a number of bytes. In a flood not all are
// compressed, for most are soon gone again: then there is room for fewer.
// Thread rule: any thread that may take a moment; packs on the background worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "capture/capture_memory.h"
#include "capture/traffic_capture.h"
#include "event/worker.h"

namespace llmsnap::capture {

class CaptureStore final : private Worker::Source {
 public:
  /// `budget`: bytes that all captures take, 0 for none of them. The worker must outlive this.
  CaptureStore(Worker& worker, std::size_t budget);
  ~CaptureStore();
  CaptureStore(const CaptureStore&) = delete;
  CaptureStore& operator=(const CaptureStore&) = delete;

  /// Begins a capture; its memory counts as `reserve` says until nobody has it any more. Any
  /// thread.
  std::shared_ptr<TrafficCapture> begin() { return memory_->make(); }
  /// So many bytes more for a capture that `begin` gave; false: what is not stored yet has no more
  /// room. Any thread.
  bool reserve(TrafficCapture& capture, std::size_t bytes) {
    return memory_->reserve(capture, bytes);
  }

  /// Ids go up. The oldest go for it; one that is larger than all that may be kept is not kept.
  void add(std::uint64_t id, std::shared_ptr<const TrafficCapture> capture);

  bool has(std::uint64_t id) const;
  /// Without credentials. Nothing: it is gone, or never was.
  std::optional<TrafficCapture> get(std::uint64_t id) const;

  std::size_t bytes() const;
  std::size_t size() const;
  bool is_on() const { return budget_ > 0; }
  std::size_t budget() const { return budget_; }

 private:
  // Not compressed yet: it waits for company, which compresses better and costs less.
  struct Fresh {
    std::uint64_t id = 0;
    std::shared_ptr<const TrafficCapture> capture;  // the other owners: records on their way
    std::size_t bytes = 0;
  };
  struct Batch {
    std::vector<std::uint64_t> ids;
    std::string packed;
    std::size_t unpacked_size = 0;
  };

  void run_batch() override;
  /// So many at most.
  std::vector<Fresh> next_to_pack(std::size_t most);
  void pack(const std::vector<Fresh>& some);
  const Fresh* fresh_one(std::uint64_t id) const REQUIRES(mutex_);
  void make_room() REQUIRES(mutex_);
  Batch packed(const std::vector<Fresh>& some) const;

  static constexpr std::chrono::milliseconds Interval{250};
  static constexpr std::size_t BatchBytes = std::size_t{256} * 1024;
  // Packed in an interval; they bound what captures cost, whatever comes.
  static constexpr std::size_t MostPacked = 512;
  static constexpr std::size_t MostPackedBytes = std::size_t{2} * 1024 * 1024;

  Worker& worker_;
  const std::size_t budget_;
  const std::shared_ptr<CaptureMemory> memory_;  // captures may outlive this

  mutable Mutex mutex_;
  std::deque<Batch> batches_ GUARDED_BY(mutex_);
  std::deque<Fresh> fresh_ GUARDED_BY(mutex_);
  SteadyClock::time_point due_ GUARDED_BY(mutex_) = NoDeadline;  // when `fresh_` is packed
  std::size_t packed_bytes_ GUARDED_BY(mutex_) = 0;
  std::size_t fresh_bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace llmsnap::capture
