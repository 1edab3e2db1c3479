#include "gateway/output_collector.h"

#include <fmt/format.h>

#include <utility>

namespace llmsnap {

OutputCollector::OutputCollector(Worker& worker, LogOutlets& outlets)
    : worker_(worker), outlets_(outlets) {}

OutputCollector::~OutputCollector() {
  for (Followed& followed : followed_) {
    followed.more.cancel();
  }
  worker_.detach(*this);
}

void OutputCollector::follow(std::string model, OutputLog& log) {
  if (followed_.empty()) {
    worker_.attach(*this);
  }
  Followed& followed = followed_.emplace_back(std::move(model), log);
  followed.more = log.on_append([&worker = worker_] { worker.wake(); });
}

void OutputCollector::run_batch() {
  for (Followed& followed : followed_) {
    collect(followed);
  }
  worker_.wake_at(outlets_.tell_suppressed(SteadyClock::now()));
}

void OutputCollector::collect(Followed& followed) {
  OutputLog::Piece news = followed.log.read_from(followed.position);
  followed.position = news.next;
  if (news.text.empty()) {
    return;
  }
  if (news.missed > 0) {
    followed.begun.clear();
    outlets_.model_output(fmt::format("[{} bytes of {} came faster than they could be collected]\n",
                                      news.missed, followed.model));
  }
  std::string text = std::move(followed.begun) + news.text;
  const std::size_t end = text.rfind('\n') + 1;  // npos + 1 is 0
  followed.begun = text.substr(end);
  text.resize(end);
  if (!text.empty()) {
    outlets_.model_output(text);
  }
}

}  // namespace llmsnap
