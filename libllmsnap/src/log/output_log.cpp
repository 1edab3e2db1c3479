#include "log/output_log.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "log/plain_line.h"

namespace llmsnap {
namespace {

constexpr auto WindowLength = std::chrono::seconds(1);
constexpr std::size_t TailBytes = std::size_t{4} * 1024;
/// Room for a line and the line feed that is put behind it.
constexpr std::size_t SmallestRing = 1024;

OutputLog::Limits usable(OutputLog::Limits limits) {
  limits.ring_bytes = std::max(limits.ring_bytes, SmallestRing);
  limits.line_bytes = std::clamp<std::size_t>(limits.line_bytes, 1, limits.ring_bytes - 1);
  return limits;
}

/// Where the last line of `text` starts: behind its last line feed, or 0.
std::size_t start_of_last_line(std::string_view text) {
  const std::size_t line_feed = text.rfind('\n');
  return line_feed == std::string_view::npos ? 0 : line_feed + 1;
}

}  // namespace

OutputLog::OutputLog(Limits limits) : limits_(usable(limits)) {}

void OutputLog::append(std::string_view bytes, SteadyClock::time_point now) {
  bool news = false;
  {
    const MutexLock lock(mutex_);
    const std::uint64_t before = end_;
    if (now >= window_.end) {
      write_suppressed();
      window_.end = now + WindowLength;
      window_.taken = 0;
    }
    const std::size_t taken = std::min(bytes.size(), limits_.bytes_per_second - window_.taken);
    window_.taken += taken;
    take(bytes.substr(0, taken));
    suppress(bytes.substr(taken));
    news = news_since(before);
  }
  if (news) {
    subscribers_.deliver(nullptr);
  }
}

Deadline OutputLog::suppressed_until() const {
  const MutexLock lock(mutex_);
  return window_.suppressed > 0 ? window_.end : NoDeadline;
}

void OutputLog::tell_suppressed(SteadyClock::time_point now) {
  bool news = false;
  {
    const MutexLock lock(mutex_);
    const std::uint64_t before = end_;
    if (now >= window_.end) {
      write_suppressed();
    }
    news = news_since(before);
  }
  if (news) {
    subscribers_.deliver(nullptr);
  }
}

void OutputLog::end_output() {
  bool news = false;
  {
    const MutexLock lock(mutex_);
    const std::uint64_t before = end_;
    write_suppressed();
    end_line();
    news = news_since(before);
  }
  if (news) {
    subscribers_.deliver(nullptr);
  }
}

std::string OutputLog::snapshot() const {
  return text_since(0);
}

std::string OutputLog::text_since(std::uint64_t position) const {
  const MutexLock lock(mutex_);
  return text_from(std::clamp(position, begin_, end_));
}

std::vector<std::string> OutputLog::last_lines(std::size_t count, std::uint64_t since) const {
  const std::string text = text_since(since);
  std::vector<std::string> lines;
  std::string_view rest = text;
  while (!rest.empty() && lines.size() < count) {
    if (rest.back() == '\n') {
      rest.remove_suffix(1);
    }
    const std::size_t start = start_of_last_line(rest);
    if (std::string line = plain_line(rest.substr(start)); !line.empty()) {
      lines.push_back(std::move(line));
    }
    rest = rest.substr(0, start);
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

std::uint64_t OutputLog::end() const {
  const MutexLock lock(mutex_);
  return end_;
}

OutputLog::Piece OutputLog::read_from(std::uint64_t position) const {
  const MutexLock lock(mutex_);
  told_ = false;
  const std::uint64_t from = std::clamp(position, begin_, end_);
  return {text_from(from), end_, from > position ? from - position : 0};
}

Subscription OutputLog::on_append(std::function<void()> callback) {
  Subscription subscription =
      subscribers_.add([call = std::move(callback)](const void*) { call(); });
  const MutexLock lock(mutex_);
  told_ = false;  // of what comes next the new one must hear, whoever has not read yet
  return subscription;
}

void OutputLog::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (line_size_ == limits_.line_bytes) {
      const bool ends_by_itself = bytes.front() == '\n';
      put("\n");
      bytes.remove_prefix(ends_by_itself ? 1 : 0);
      line_size_ = 0;
      continue;
    }
    // Whatever line feeds are in it, no line of it gets too long: there is no work per line.
    const std::string_view part = bytes.substr(0, limits_.line_bytes - line_size_);
    put(part);
    bytes.remove_prefix(part.size());
    const std::size_t last = start_of_last_line(part);
    line_size_ = last == 0 ? line_size_ + part.size() : part.size() - last;
  }
}

void OutputLog::suppress(std::string_view bytes) {
  window_.suppressed += bytes.size();
  const std::size_t most = std::min(TailBytes, limits_.ring_bytes / 4);
  std::string& tail = window_.tail;
  if (bytes.size() >= most) {
    tail.assign(bytes.substr(bytes.size() - most));
  } else if (!bytes.empty()) {
    tail.erase(0, std::max(tail.size() + bytes.size(), most) - most);
    tail.append(bytes);
  }
}

void OutputLog::write_suppressed() {
  if (window_.suppressed == 0) {
    return;
  }
  const std::string tail = std::exchange(window_.tail, {});
  const std::uint64_t suppressed = std::exchange(window_.suppressed, 0);
  if (suppressed == tail.size()) {
    take(tail);  // it was so little that nothing is lost
    return;
  }
  // The first line of the tail lacks its beginning, unless there is no other.
  std::string_view kept = tail;
  if (const std::size_t line_feed = kept.find('\n'); line_feed + 1 < kept.size()) {
    kept.remove_prefix(line_feed + 1);  // npos + 1 is 0
  }
  end_line();
  take(fmt::format("[suppressed {} bytes]\n", suppressed - kept.size()));
  take(kept);
}

void OutputLog::end_line() {
  if (line_size_ > 0) {
    put("\n");
    line_size_ = 0;
  }
}

void OutputLog::put(std::string_view bytes) {
  if (!ring_) {
    ring_ = std::make_unique_for_overwrite<char[]>(limits_.ring_bytes);
  }
  if (end_ + bytes.size() > begin_ + limits_.ring_bytes) {
    drop_lines_before(end_ + bytes.size() - limits_.ring_bytes);
  }
  const std::size_t at = end_ % limits_.ring_bytes;
  const std::size_t first = std::min(bytes.size(), limits_.ring_bytes - at);
  ::memcpy(ring_.get() + at, bytes.data(), first);
  ::memcpy(ring_.get(), bytes.data() + first, bytes.size() - first);
  end_ += bytes.size();
}

/// There is a line start at or after `position`: the line that is being written fits into the ring.
void OutputLog::drop_lines_before(std::uint64_t position) {
  begin_ = position - 1;  // a line may start right at `position`: look at the byte before it
  while (begin_ < end_) {
    const std::size_t at = begin_ % limits_.ring_bytes;
    const std::size_t size = std::min<std::uint64_t>(limits_.ring_bytes - at, end_ - begin_);
    if (const void* found = ::memchr(ring_.get() + at, '\n', size)) {
      begin_ += static_cast<const char*>(found) - (ring_.get() + at) + 1;
      return;
    }
    begin_ += size;
  }
}

std::string OutputLog::text_from(std::uint64_t position) const {
  std::string text;
  text.reserve(end_ - position);
  while (position < end_) {
    const std::size_t at = position % limits_.ring_bytes;
    const std::size_t size = std::min<std::uint64_t>(limits_.ring_bytes - at, end_ - position);
    text.append(ring_.get() + at, size);
    position += size;
  }
  return text;
}

bool OutputLog::news_since(std::uint64_t before) {
  return end_ != before && !std::exchange(told_, true);
}

}  // namespace llmsnap
