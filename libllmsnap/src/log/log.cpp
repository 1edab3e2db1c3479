#include "log/log.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "base/escape.h"

namespace llmsnap {

Log::Log(LogSink sink, LogLevel level, AccessLogSink access_log, std::size_t capacity)
    : level_(level),
      sink_(std::move(sink)),
      access_log_(std::move(access_log)),
      capacity_(capacity) {}

void Log::write(LogLevel level, std::string_view message) {
  if (!sink_ || !enabled(level)) {
    return;
  }
  std::string line = escaped(message);
  Background* background = nullptr;
  bool filling_up = false;
  {
    const MutexLock lock(mutex_);
    put(Kind::Message, level, std::move(line));
    background = background_;
    filling_up = waiting_bytes_ > capacity_ / 4;
  }
  if (background == nullptr) {
    drain();
  } else {
    background->line_waits(filling_up || level >= LogLevel::Warn ? Background::Urgency::Now
                                                                 : Background::Urgency::Soon);
  }
}

void Log::write_access(std::string_view line) {
  if ((!access_log_ && !sink_) || !enabled(LogLevel::Info)) {
    return;
  }
  std::string text = escaped(line);
  {
    const MutexLock lock(mutex_);
    put(Kind::Access, LogLevel::Info, std::move(text));
  }
  drain();
}

void Log::leave_to(Background* background) {
  const MutexLock lock(mutex_);
  background_ = background;
}

void Log::put(Kind kind, LogLevel level, std::string&& text) {
  const std::size_t bytes = sizeof(Line) + text.size();
  if (waiting_bytes_ + bytes > capacity_) {
    ++dropped_;
    return;
  }
  waiting_bytes_ += bytes;
  waiting_.push_back({kind, level, std::move(text)});
}

void Log::drain() {
  {
    const MutexLock lock(mutex_);
    if (draining_) {
      return;
    }
    draining_ = true;
  }
  std::vector<Line> batch;
  Background* later = nullptr;
  while (take(batch, later)) {
    for (const Line& line : batch) {
      pass_on(line);
    }
  }
  if (later != nullptr) {
    later->line_waits(Background::Urgency::Soon);
  }
}

/// The next batch; or false, and the drain is over, which is one step with finding that nothing
/// waits, so that no line is left behind. A background gets one batch at a time: it has other work.
bool Log::take(std::vector<Line>& batch, Background*& later) {
  const bool first = batch.empty();
  batch.clear();
  const MutexLock lock(mutex_);
  if (!first && background_ != nullptr) {
    later = waiting_.empty() && dropped_ == 0 ? nullptr : background_;
    draining_ = false;
    return false;
  }
  batch.swap(waiting_);
  waiting_bytes_ = 0;
  if (dropped_ > 0) {
    batch.push_back({Kind::Message, LogLevel::Warn,
                     fmt::format("{} log lines were dropped: they came faster than they could be "
                                 "written",
                                 std::exchange(dropped_, 0))});
  }
  draining_ = !batch.empty();
  return draining_;
}

void Log::pass_on(const Line& line) const {
  try {
    if (line.kind == Kind::Access && access_log_) {
      access_log_(line.text);
    } else if (sink_) {
      sink_(line.level, line.text);
    }
  } catch (const std::exception&) {
    // A host's sink that fails must not fail the request that logged.
  }
}

std::string_view log_level_name(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warn:
      return "warn";
    case LogLevel::Error:
      return "error";
  }
  return "info";
}

}  // namespace llmsnap
