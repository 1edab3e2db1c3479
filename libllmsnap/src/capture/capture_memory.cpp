#include "capture/capture_memory.h"

#include <utility>

namespace llmsnap::capture {
namespace {

/// As many as a busy gateway begins before it lets others go.
constexpr std::size_t MostSpare = 256;
/// Memory of larger ones is given back.
constexpr std::size_t LargestSpare = std::size_t{8} * 1024;

std::size_t capacity_of(const TrafficCapture& capture) {
  return capture.request_id.capacity() + capture.method.capacity() + capture.path.capacity() +
         capture.request_fields.capacity() + capture.request.bytes.capacity() +
         capture.answer_fields.capacity() + capture.answer.bytes.capacity() +
         capture.pieces.capacity() * sizeof(CapturedPiece);
}

/// As a new one, but for the memory that it has.
void empty(TrafficCapture& capture) {
  capture.request_id.clear();
  capture.method.clear();
  capture.path.clear();
  capture.request_fields.assign({});
  capture.request.bytes.clear();
  capture.request.size = 0;
  capture.status = 0;
  capture.answer_fields.assign({});
  capture.answer.bytes.clear();
  capture.answer.size = 0;
  capture.pieces.clear();
  capture.is_redacted = false;
  capture.is_broken = false;
}

}  // namespace

struct CaptureMemory::Counted : TrafficCapture {
  std::size_t reserved = 0;
};

CaptureMemory::CaptureMemory(std::size_t most) : most_(most) {
  const MutexLock lock(mutex_);
  spare_.reserve(MostSpare);  // what is let go must not want memory
}

CaptureMemory::~CaptureMemory() = default;

std::shared_ptr<TrafficCapture> CaptureMemory::make() {
  std::unique_ptr<Counted> capture;
  {
    const MutexLock lock(mutex_);
    if (!spare_.empty()) {
      capture = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  if (!capture) {
    capture = std::make_unique<Counted>();
  }
  return {capture.release(), [self = shared_from_this()](Counted* gone) {
            self->take_back(std::unique_ptr<Counted>(gone));
          }};
}

bool CaptureMemory::reserve(TrafficCapture& capture, std::size_t bytes) {
  if (reserved_.fetch_add(bytes) + bytes > most_) {
    reserved_.fetch_sub(bytes);
    return false;
  }
  static_cast<Counted&>(capture).reserved += bytes;
  return true;
}

void CaptureMemory::take_back(std::unique_ptr<Counted> capture) {
  reserved_.fetch_sub(std::exchange(capture->reserved, 0));
  if (capacity_of(*capture) > LargestSpare) {
    return;
  }
  empty(*capture);
  const MutexLock lock(mutex_);
  if (spare_.size() < MostSpare) {
    spare_.push_back(std::move(capture));
  }
}

}  // namespace llmsnap::capture
