#include "live/event_ring.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace llmsnap::live {
namespace {

std::string name_of_this_life() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return fmt::format("{:x}", std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

EventRing::EventRing(Limits limits) : limits_(limits), life_(name_of_this_life()) {}

std::string EventRing::encoded(std::string_view id, std::string_view type, std::string_view json) {
  std::string frame;
  if (!id.empty()) {
    frame = fmt::format("id:{}\n", id);
  }
  frame += fmt::format("event:message\ndata:{{\"type\":{},\"data\":{}}}\n\n", json_text(type),
                       json_text(json));
  return frame;
}

std::string EventRing::id_of(std::uint64_t position) const {
  return fmt::format("{}-{}", life_, position);
}

void EventRing::append(std::string_view type, std::string_view json, SteadyClock::time_point now) {
  auto frame = std::make_shared<const std::string>(encoded(id_of(end()), type, json));
  bool has_to_tell = false;
  {
    const MutexLock lock(mutex_);
    bytes_ += frame->size();
    kept_.push_back({std::move(frame), now});
    while (kept_.size() > 1 && (bytes_ > limits_.bytes || kept_.front().at < now - limits_.age)) {
      drop_first();
    }
    has_to_tell = !std::exchange(told_, true);
  }
  if (has_to_tell) {
    readers_.deliver(nullptr);
  }
}

void EventRing::drop_first() {
  bytes_ -= kept_.front().frame->size();
  kept_.pop_front();
  ++begin_;
}

void EventRing::clear() {
  const MutexLock lock(mutex_);
  while (!kept_.empty()) {
    drop_first();
  }
  ++begin_;  // who had read all of it has missed what comes after the last event
}

bool EventRing::holds(std::uint64_t position) const {
  const MutexLock lock(mutex_);
  return position >= begin_ && position <= begin_ + kept_.size();
}

std::uint64_t EventRing::end() const {
  const MutexLock lock(mutex_);
  return begin_ + kept_.size();
}

EventRing::News EventRing::read_from(std::uint64_t position, std::size_t most_bytes) const {
  News news;
  const MutexLock lock(mutex_);
  const std::uint64_t end = begin_ + kept_.size();
  news.has_gap = position < begin_ || position > end;
  news.next = news.has_gap ? end : position;
  std::size_t bytes = 0;
  while (news.next < end && bytes < most_bytes) {
    const Frame& frame = kept_[news.next - begin_].frame;
    bytes += frame->size();
    news.frames.push_back(frame);
    ++news.next;
  }
  if (news.next == end) {
    told_ = false;
  }
  return news;
}

std::optional<std::uint64_t> EventRing::position_behind(std::string_view id) const {
  if (!id.starts_with(life_) || id.size() <= life_.size() + 1 || id[life_.size()] != '-') {
    return std::nullopt;
  }
  id.remove_prefix(life_.size() + 1);
  std::uint64_t position = 0;
  const auto [last, error] = std::from_chars(id.data(), id.data() + id.size(), position);
  if (error != std::errc() || last != id.data() + id.size()) {
    return std::nullopt;
  }
  const MutexLock lock(mutex_);
  const bool is_there = position + 1 >= begin_ && position < begin_ + kept_.size();
  return is_there ? std::optional(position + 1) : std::nullopt;
}

Subscription EventRing::on_append(std::function<void()> callback) {
  return readers_.add([call = std::move(callback)](const void*) { call(); });
}

}  // namespace llmsnap::live
