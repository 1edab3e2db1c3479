// Gate: whether requests may enter an instance without asking, and how many are inside, in one
// atomic word. Thread rule: every method from any thread; what changes it, but enter and leave,
// from the control thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace llmsnap::process {

/// Lives as long as its instance; the word names the life (incarnation) that it is about, so that
/// what entered an earlier life cannot be counted in a later one.
class Gate {
 public:
  /// The highest number of a life.
  static constexpr std::uint32_t LastIncarnation = (1U << 20U) - 1;

  enum class Entry { Entered, Closed, Full };

  struct Admission {
    Entry entry = Entry::Closed;
    std::uint32_t incarnation = 0;
    std::uint16_t port = 0;  ///< of that life, as given to begin
  };

  explicit Gate(std::size_t limit) : limit_(limit) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// From the control thread. Who is inside stays, also beyond it.
  void change_limit(std::size_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  std::size_t limit() const { return limit_.load(std::memory_order_relaxed); }

  /// The fast path: one compare-and-swap.
  Admission try_enter();

  /// What try_enter would say but for the limit; nobody is counted in.
  Admission look() const;

  /// One request of that life is over. True: the gate is closed, or watched and now empty, and the
  /// control thread should look.
  bool leave(std::uint32_t incarnation);

  /// A new life begins, closed and empty.
  void begin(std::uint32_t incarnation, std::uint16_t port);
  void open(std::uint32_t incarnation);
  /// Closes, and answers with the number inside.
  std::size_t close(std::uint32_t incarnation);
  /// From now on, once, the leave that empties it answers true. Answers with the number inside.
  std::size_t watch(std::uint32_t incarnation);
  /// Counts one in, whatever the state: a grant of the planner's.
  Admission enter_granted(std::uint32_t incarnation);

  /// The number inside that life; nothing when another has begun.
  std::optional<std::size_t> inside(std::uint32_t incarnation) const;
  std::size_t inside() const;
  bool is_open() const;

 private:
  std::atomic<std::size_t> limit_;  // read for each request, as cheap as if it could not change
  std::atomic<std::uint64_t> word_{0};
};

}  // namespace llmsnap::process
