#include "capture/capture_store.h"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "capture/capture_codec.h"
#include "capture/redact.h"

namespace llmsnap::capture {
namespace {

/// Fast: what is captured under load is soon gone again.
constexpr int Level = 3;

std::string compressed(const std::string& text) {
  const std::size_t most = ZSTD_compressBound(text.size());
  const auto packed = std::make_unique_for_overwrite<char[]>(most);
  const std::size_t size = ZSTD_compress(packed.get(), most, text.data(), text.size(), Level);
  return ZSTD_isError(size) != 0 ? std::string() : std::string(packed.get(), size);
}

std::optional<std::string> decompressed(const std::string& packed, std::size_t size) {
  std::string text(size, '\0');
  const std::size_t written =
      ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
  return ZSTD_isError(written) != 0 || written != size ? std::nullopt : std::optional(text);
}

}  // namespace

CaptureStore::CaptureStore(Worker& worker, std::size_t budget)
    : worker_(worker),
      budget_(budget),
      // What is stored, and as much that is on its way.
      memory_(std::make_shared<CaptureMemory>(2 * budget)) {
  worker_.attach(*this);
}

CaptureStore::~CaptureStore() {
  worker_.detach(*this);
}

void CaptureStore::add(std::uint64_t id, std::shared_ptr<const TrafficCapture> capture) {
  const std::size_t bytes = capture->footprint();
  if (bytes > budget_) {
    return;
  }
  Deadline due = NoDeadline;
  {
    const MutexLock lock(mutex_);
    fresh_.push_back({id, std::move(capture), bytes});
    fresh_bytes_ += bytes;
    make_room();
    if (due_ != NoDeadline) {
      return;
    }
    due_ = due = SteadyClock::now() + Interval;
  }
  worker_.wake_at(due);
}

/// The oldest go first, compressed or not.
void CaptureStore::make_room() {
  while (packed_bytes_ + fresh_bytes_ > budget_) {
    if (!batches_.empty()) {
      packed_bytes_ -= batches_.front().packed.size();
      batches_.pop_front();
    } else {
      fresh_bytes_ -= fresh_.front().bytes;
      fresh_.pop_front();
    }
  }
}

void CaptureStore::run_batch() {
  const auto now = SteadyClock::now();
  Deadline due = NoDeadline;
  {
    const MutexLock lock(mutex_);
    due = due_;
    if (now >= due_) {
      due_ = NoDeadline;
    }
  }
  if (now < due) {
    worker_.wake_at(due);
    return;
  }
  std::size_t count = 0;
  for (std::size_t bytes = 0; count < MostPacked && bytes < MostPackedBytes;) {
    const auto some = next_to_pack(MostPacked - count);
    if (some.empty()) {
      return;
    }
    pack(some);
    count += some.size();
    for (const Fresh& one : some) {
      bytes += one.bytes;
    }
  }
  {
    const MutexLock lock(mutex_);
    if (fresh_.empty() || due_ != NoDeadline) {
      return;
    }
    due_ = due = now + Interval;
  }
  worker_.wake_at(due);
}

void CaptureStore::pack(const std::vector<Fresh>& some) {
  Batch batch = packed(some);
  const MutexLock lock(mutex_);
  // Those that had to make room meanwhile are gone from here, and go with the batch.
  while (!fresh_.empty() && fresh_.front().id <= batch.ids.back()) {
    fresh_bytes_ -= fresh_.front().bytes;
    fresh_.pop_front();
  }
  packed_bytes_ += batch.packed.size();
  batches_.push_back(std::move(batch));
  make_room();
}

std::vector<CaptureStore::Fresh> CaptureStore::next_to_pack(std::size_t most) {
  std::vector<Fresh> some;
  std::size_t bytes = 0;
  const MutexLock lock(mutex_);
  for (auto next = fresh_.begin(); next != fresh_.end() && bytes < BatchBytes && some.size() < most;
       ++next) {
    bytes += next->bytes;
    some.push_back(*next);
  }
  return some;
}

/// Null: it is packed, or not there.
const CaptureStore::Fresh* CaptureStore::fresh_one(std::uint64_t id) const {
  const auto at =
      std::lower_bound(fresh_.begin(), fresh_.end(), id,
                       [](const Fresh& one, std::uint64_t wanted) { return one.id < wanted; });
  return at != fresh_.end() && at->id == id ? &*at : nullptr;
}

CaptureStore::Batch CaptureStore::packed(const std::vector<Fresh>& some) const {
  Batch batch;
  std::string text;
  for (const Fresh& one : some) {
    batch.ids.push_back(one.id);
    append_encoded(redacted(*one.capture), text);
  }
  batch.unpacked_size = text.size();
  batch.packed = compressed(text);
  return batch;
}

bool CaptureStore::has(std::uint64_t id) const {
  const MutexLock lock(mutex_);
  return fresh_one(id) != nullptr ||
         std::any_of(batches_.begin(), batches_.end(), [id](const Batch& batch) {
           return std::binary_search(batch.ids.begin(), batch.ids.end(), id);
         });
}

std::optional<TrafficCapture> CaptureStore::get(std::uint64_t id) const {
  std::shared_ptr<const TrafficCapture> fresh;
  Batch batch;
  std::size_t place = 0;
  {
    const MutexLock lock(mutex_);
    if (const Fresh* const one = fresh_one(id)) {
      fresh = one->capture;
    }
    for (const Batch& one : batches_) {
      const auto at = std::lower_bound(one.ids.begin(), one.ids.end(), id);
      if (at != one.ids.end() && *at == id) {
        batch = one;
        place = static_cast<std::size_t>(at - one.ids.begin());
      }
    }
  }
  if (fresh) {
    return redacted(*fresh);
  }
  const auto text = decompressed(batch.packed, batch.unpacked_size);
  return text ? decoded(*text, place) : std::nullopt;
}

std::size_t CaptureStore::bytes() const {
  const MutexLock lock(mutex_);
  return packed_bytes_ + fresh_bytes_;
}

std::size_t CaptureStore::size() const {
  const MutexLock lock(mutex_);
  std::size_t count = fresh_.size();
  for (const Batch& batch : batches_) {
    count += batch.ids.size();
  }
  return count;
}

}  // namespace llmsnap::capture
