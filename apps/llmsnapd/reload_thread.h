// ReloadThread: has a new config taken on a thread of its own, so that a large or slow file holds
// up no signal. Thread rule: made, asked and destroyed by main.
#pragma once

#include <cstdint>
#include <functional>
#include <thread>

namespace llmsnapd {

class ConfigWatch;

class ReloadThread {
 public:
  /// Calls `reload` after each request and each time that `watch`, which may be null, tells of a
  /// change: never two at once. `watch` is this thread's from now on, until the end.
  ReloadThread(std::function<void()> reload, ConfigWatch* watch);
  /// Waits for the reload that is in progress; whoever wants that short has it end. One that has
  /// not begun does not come any more.
  ~ReloadThread();
  ReloadThread(const ReloadThread&) = delete;
  ReloadThread& operator=(const ReloadThread&) = delete;

  /// Never waits. Requests during a reload are one, which follows it: the latest file counts.
  void request();

 private:
  enum class News : std::uint64_t { Request = 1, End = 1ULL << 32 };

  void tell(News news) const;
  void run();
  void wait_for_news() const;

  const std::function<void()> reload_;
  ConfigWatch* const watch_;
  const int bell_;  // an eventfd: the sum of the news that nobody has taken
  std::thread thread_;
};

}  // namespace llmsnapd
