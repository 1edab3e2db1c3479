#include "process/gate.h"

#include <cassert>

namespace llmsnap::process {
namespace {

// The word, from its low end: requests inside, watched, open, port, incarnation.
constexpr std::uint64_t InsideBits = 26;
constexpr std::uint64_t InsideMask = (std::uint64_t{1} << InsideBits) - 1;
constexpr std::uint64_t Watched = std::uint64_t{1} << InsideBits;
constexpr std::uint64_t Open = std::uint64_t{1} << (InsideBits + 1);
constexpr std::uint64_t PortShift = InsideBits + 2;
constexpr std::uint64_t IncarnationShift = PortShift + 16;
/// What fits: a life so many starts ago has no requests any more.
constexpr std::uint32_t IncarnationMask = (std::uint32_t{1} << (64 - IncarnationShift)) - 1;
static_assert(Gate::LastIncarnation == IncarnationMask);

std::uint32_t incarnation_of(std::uint64_t word) {
  return static_cast<std::uint32_t>(word >> IncarnationShift);
}

bool is_of(std::uint64_t word, std::uint32_t incarnation) {
  return incarnation_of(word) == (incarnation & IncarnationMask);
}

Gate::Admission entered(std::uint64_t word) {
  return {Gate::Entry::Entered, incarnation_of(word),
          static_cast<std::uint16_t>(word >> PortShift)};
}

}  // namespace

Gate::Admission Gate::try_enter() {
  std::uint64_t word = word_.load(std::memory_order_acquire);
  for (;;) {
    if ((word & Open) == 0) {
      return {Entry::Closed, incarnation_of(word), 0};
    }
    if ((word & InsideMask) >= limit()) {
      return {Entry::Full, incarnation_of(word), 0};
    }
    if (word_.compare_exchange_weak(word, word + 1, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return entered(word);
    }
  }
}

Gate::Admission Gate::look() const {
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  return (word & Open) == 0 ? Admission{Entry::Closed, incarnation_of(word), 0} : entered(word);
}

bool Gate::leave(std::uint32_t incarnation) {
  std::uint64_t word = word_.load(std::memory_order_acquire);
  for (;;) {
    if (!is_of(word, incarnation)) {
      return false;
    }
    assert((word & InsideMask) > 0);
    const bool empties = (word & InsideMask) == 1;
    const bool tells_of_idle = empties && (word & Watched) != 0;
    const std::uint64_t next = (word - 1) & ~(tells_of_idle ? Watched : 0);
    if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return (word & Open) == 0 || tells_of_idle;
    }
  }
}

void Gate::begin(std::uint32_t incarnation, std::uint16_t port) {
  word_.store(std::uint64_t{incarnation & IncarnationMask} << IncarnationShift | std::uint64_t{port}
                                                                                     << PortShift,
              std::memory_order_release);
}

void Gate::open(std::uint32_t incarnation) {
  if (is_of(word_.load(std::memory_order_acquire), incarnation)) {
    word_.fetch_or(Open, std::memory_order_acq_rel);
  }
}

std::size_t Gate::close(std::uint32_t incarnation) {
  if (!is_of(word_.load(std::memory_order_acquire), incarnation)) {
    return 0;
  }
  return word_.fetch_and(~(Open | Watched), std::memory_order_acq_rel) & InsideMask;
}

std::size_t Gate::watch(std::uint32_t incarnation) {
  if (!is_of(word_.load(std::memory_order_acquire), incarnation)) {
    return 0;
  }
  return word_.fetch_or(Watched, std::memory_order_acq_rel) & InsideMask;
}

Gate::Admission Gate::enter_granted(std::uint32_t incarnation) {
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  if (!is_of(word, incarnation)) {
    return {Entry::Closed, incarnation_of(word), 0};
  }
  return entered(word_.fetch_add(1, std::memory_order_acq_rel));
}

std::optional<std::size_t> Gate::inside(std::uint32_t incarnation) const {
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  if (!is_of(word, incarnation)) {
    return std::nullopt;
  }
  return word & InsideMask;
}

std::size_t Gate::inside() const {
  return word_.load(std::memory_order_acquire) & InsideMask;
}

bool Gate::is_open() const {
  return (word_.load(std::memory_order_acquire) & Open) != 0;
}

}  // namespace llmsnap::process
