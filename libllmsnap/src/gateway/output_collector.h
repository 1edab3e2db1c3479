// OutputCollector: passes on what all models print, in whole lines, on the background worker.
// Thread rule: made and destroyed by the gateway's owner; follow and forget from any thread but the
// worker's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "event/worker.h"
#include "gateway/log_outlets.h"
#include "llmsnap/subscription.h"
#include "log/output_log.h"

namespace llmsnap {

class OutputCollector final : private Worker::Source {
 public:
  /// Both must outlive this; `outlets` are used on the worker.
  OutputCollector(Worker& worker, LogOutlets& outlets);
  ~OutputCollector();
  OutputCollector(const OutputCollector&) = delete;
  OutputCollector& operator=(const OutputCollector&) = delete;

  /// From its beginning on. Does nothing where that log is followed already.
  void follow(const std::string& model, std::shared_ptr<OutputLog> log);
  /// Not any more; what it got last may be left out.
  void forget(const std::string& model);

 private:
  struct Followed {
    Followed(std::string its_model, std::shared_ptr<OutputLog> its_log)
        : model(std::move(its_model)), log(std::move(its_log)) {}

    const std::string model;
    const std::shared_ptr<OutputLog> log;  // shared with the model's instance
    std::uint64_t position = 0;
    std::string begun;  // of a line whose end was not printed yet
    Subscription more;
  };

  void run_batch() override;
  std::vector<std::shared_ptr<Followed>> followed() const;
  void collect(Followed& followed);

  Worker& worker_;
  LogOutlets& outlets_;
  mutable Mutex mutex_;
  bool attached_ GUARDED_BY(mutex_) = false;
  // Shared with the batch that is just read.
  std::vector<std::shared_ptr<Followed>> followed_ GUARDED_BY(mutex_);
};

}  // namespace llmsnap
