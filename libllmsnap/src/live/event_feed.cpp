#include "live/event_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "live/in_flight_json.h"

namespace llmsnap::live {
namespace {

/// Requests in flight that a snapshot shows.
constexpr std::size_t MostShown = 1000;
/// How long events are kept for those who come back.
constexpr std::chrono::seconds Patience{150};
/// Who comes within this time after another gets the same snapshot, and the events since.
constexpr std::chrono::seconds SnapshotAge{1};

std::string log_json(std::string_view source, std::string_view text) {
  const nlohmann::ordered_json json = {{"source", source}, {"data", text}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// How many bytes at the end of the text begin a character whose rest is still to come.
std::size_t begun_character(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) {
      return 0;
    }
    if (byte >= 0xc0) {
      const std::size_t size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return size > back ? back : 0;
    }
  }
  return 0;
}

/// What was told of it, of what is kept.
std::string history_of(const OutputLog& log, std::uint64_t told_to) {
  OutputLog::Piece piece = log.read_from(0);
  const std::uint64_t untold = piece.next - std::min(piece.next, told_to);
  piece.text.resize(piece.text.size() - std::min<std::uint64_t>(piece.text.size(), untold));
  return std::move(piece.text);
}

}  // namespace

EventFeed::EventFeed(Worker& worker, SharedLogs& logs, InFlight& in_flight, std::vector<Part> parts)
    : worker_(worker), in_flight_(in_flight), parts_(std::move(parts)), ring_({.age = Patience}) {
  const auto wake = [this] {
    if (is_watched()) {
      worker_.wake();
    }
  };
  {
    const MutexLock lock(mutex_);
    logs_.push_back({.log = logs.gateway, .source = "proxy"});
    logs_.push_back({.log = logs.models, .source = "upstream"});
    for (Told& told : logs_) {
      told.more = told.log.on_append(wake);
    }
  }
  in_flight_.on_change(wake);
  worker_.attach(*this);
}

EventFeed::~EventFeed() {
  worker_.detach(*this);
}

void EventFeed::enter() {
  const MutexLock lock(mutex_);
  readers_.fetch_add(1, std::memory_order_relaxed);
  if (awake_.load(std::memory_order_relaxed)) {
    return;
  }
  for (Told& told : logs_) {
    told.before = told.after = told.log.end();
    told.position = 0;
  }
  in_flight_.watch(true);
  awake_.store(true);
}

void EventFeed::leave() {
  const auto now = SteadyClock::now();
  {
    const MutexLock lock(mutex_);
    left_at_ = now;
    readers_.fetch_sub(1, std::memory_order_relaxed);
  }
  worker_.wake_at(now + Patience);
}

bool EventFeed::fell_asleep(SteadyClock::time_point now) {
  const MutexLock lock(mutex_);
  if (awake_.load() && (readers_.load() > 0 || now < left_at_ + Patience)) {
    return false;
  }
  awake_.store(false);
  in_flight_.watch(false);
  ring_.clear();
  waiting_.clear();
  parts_due_.clear();
  return true;
}

void EventFeed::publish(std::string_view type, std::string json) {
  if (!is_watched()) {
    return;
  }
  {
    const MutexLock lock(mutex_);
    if (waiting_.size() >= MostWaiting) {
      overflow_ = true;
      return;
    }
    waiting_.push_back({std::string(type), std::move(json)});
  }
  worker_.wake();
}

void EventFeed::publish_part(std::string_view type) {
  if (!is_watched()) {
    return;
  }
  {
    const MutexLock lock(mutex_);
    if (std::find(parts_due_.begin(), parts_due_.end(), type) == parts_due_.end()) {
      parts_due_.emplace_back(type);
    }
  }
  worker_.wake();
}

void EventFeed::run_batch() {
  const auto now = SteadyClock::now();
  if (!is_watched() || fell_asleep(now)) {
    return;
  }
  tell_published(now);
  tell_logs(now);
  tell_requests(now);
}

void EventFeed::tell_published(SteadyClock::time_point now) {
  std::vector<Event> events;
  std::vector<std::string> parts_due;
  bool has_lost = false;
  {
    const MutexLock lock(mutex_);
    events.swap(waiting_);
    parts_due.swap(parts_due_);
    has_lost = std::exchange(overflow_, false);
  }
  for (const Event& event : events) {
    ring_.append(event.type, event.json, now);
  }
  for (const Part& part : parts_) {
    if (std::find(parts_due.begin(), parts_due.end(), part.type) != parts_due.end()) {
      ring_.append(part.type, part.data(), now);
    }
  }
  if (has_lost) {
    ring_.clear();  // so that all readers take a snapshot
  }
}

void EventFeed::tell_logs(SteadyClock::time_point now) {
  if (now < logs_due_) {
    worker_.wake_at(logs_due_);
    return;
  }
  logs_due_ = now + Interval;
  std::vector<Told*> logs;  // they stay where they are
  {
    const MutexLock lock(mutex_);
    for (Told& told : logs_) {
      logs.push_back(&told);
    }
  }
  for (Told* const told : logs) {
    tell_log(*told, now);
  }
}

void EventFeed::tell_log(Told& told, SteadyClock::time_point now) {
  std::uint64_t from = 0;
  {
    const MutexLock lock(mutex_);
    from = told.after;
  }
  OutputLog::Piece piece = told.log.read_from(from);
  const std::size_t begun = begun_character(piece.text);
  piece.text.resize(piece.text.size() - begun);
  if (piece.text.empty()) {
    return;
  }
  if (piece.missed > 0 && from > 0) {
    piece.text.insert(0, fmt::format("\n[{} bytes were not read in time]\n", piece.missed));
  }
  {
    // Only this thread appends: who takes a snapshot sees by the ring whether the event is in it.
    const MutexLock lock(mutex_);
    told.before = from;
    told.after = piece.next - begun;
    told.position = ring_.end() + 1;
  }
  ring_.append("logData", log_json(told.source, piece.text), now);
}

void EventFeed::tell_requests(SteadyClock::time_point now) {
  if (now < requests_due_) {
    worker_.wake_at(requests_due_);
    return;
  }
  const Changes changes = in_flight_.changes(now);
  if (changes.all) {
    ring_.append("inflight", snapshot_json(in_flight_.list(MostShown), now), now);
    requests_due_ = now + std::chrono::seconds(1);
  } else {
    for (const Sight& sight : changes.seen) {
      ring_.append("inflight", upsert_json(sight, now), now);
    }
    for (const std::uint64_t number : changes.gone) {
      ring_.append("inflight", remove_json(number), now);
    }
    requests_due_ = now + Interval;
  }
  if (changes.again != NoDeadline) {
    worker_.wake_at(changes.again);
  }
}

EventFeed::Snapshot EventFeed::snapshot() {
  const auto now = SteadyClock::now();
  {
    const MutexLock lock(mutex_);
    if (snapshot_ && now < snapshot_at_ + SnapshotAge && ring_.holds(snapshot_->position)) {
      return snapshot_;
    }
  }
  auto start = std::make_shared<const Start>(made_snapshot(now));
  const MutexLock lock(mutex_);
  snapshot_ = start;
  snapshot_at_ = now;
  return start;
}

EventFeed::Start EventFeed::made_snapshot(SteadyClock::time_point now) {
  Start start;
  std::vector<std::pair<const Told*, std::uint64_t>> logs;
  {
    const MutexLock lock(mutex_);
    start.position = ring_.end();
    for (const Told& told : logs_) {
      logs.emplace_back(&told, start.position >= told.position ? told.after : told.before);
    }
  }
  const auto add = [&start](std::string_view type, std::string_view json) {
    start.frames.push_back(std::make_shared<const std::string>(EventRing::encoded({}, type, json)));
  };
  for (const auto& [told, told_to] : logs) {
    add("logData", log_json(told->source, history_of(told->log, told_to)));
  }
  for (const Part& part : parts_) {
    add(part.type, part.data());
  }
  add("inflight", snapshot_json(in_flight_.list(MostShown), now));
  return start;
}

}  // namespace llmsnap::live
