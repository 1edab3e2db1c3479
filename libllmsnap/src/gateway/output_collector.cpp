#include "gateway/output_collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace llmsnap {

OutputCollector::OutputCollector(Worker& worker, LogOutlets& outlets)
    : worker_(worker), outlets_(outlets) {}

OutputCollector::~OutputCollector() {
  for (const auto& one : followed()) {
    one->more.cancel();
  }
  worker_.detach(*this);
}

void OutputCollector::follow(const std::string& model, std::shared_ptr<OutputLog> log) {
  OutputLog& its_log = *log;
  const auto one = std::make_shared<Followed>(model, std::move(log));
  {
    const MutexLock lock(mutex_);
    if (std::any_of(followed_.begin(), followed_.end(),
                    [&its_log](const auto& other) { return other->log.get() == &its_log; })) {
      return;
    }
    if (!std::exchange(attached_, true)) {
      worker_.attach(*this);
    }
    followed_.push_back(one);
  }
  one->more = its_log.on_append([&worker = worker_] { worker.wake(); });
}

void OutputCollector::forget(const std::string& model) {
  std::shared_ptr<Followed> forgotten;
  const MutexLock lock(mutex_);
  std::erase_if(followed_, [&](const auto& one) {
    const bool goes = one->model == model;
    forgotten = goes ? one : forgotten;
    return goes;
  });
}

std::vector<std::shared_ptr<OutputCollector::Followed>> OutputCollector::followed() const {
  const MutexLock lock(mutex_);
  return followed_;
}

void OutputCollector::run_batch() {
  for (const auto& one : followed()) {
    collect(*one);
  }
  worker_.wake_at(outlets_.tell_suppressed(SteadyClock::now()));
}

void OutputCollector::collect(Followed& followed) {
  OutputLog::Piece news = followed.log->read_from(followed.position);
  followed.position = news.next;
  if (news.text.empty()) {
    return;
  }
  if (news.missed > 0) {
    followed.begun.clear();
    outlets_.model_output(followed.model,
                          fmt::format("[{} bytes of {} came faster than they could be collected]\n",
                                      news.missed, followed.model));
  }
  std::string text = std::move(followed.begun) + news.text;
  const std::size_t end = text.rfind('\n') + 1;  // npos + 1 is 0
  followed.begun = text.substr(end);
  text.resize(end);
  if (!text.empty()) {
    outlets_.model_output(followed.model, text);
  }
}

}  // namespace llmsnap
