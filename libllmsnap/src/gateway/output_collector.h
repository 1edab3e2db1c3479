// OutputCollector: passes on what all models print, in whole lines, on the background worker.
// Thread rule: made and destroyed by the gateway's owner.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

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

  /// Before anything is printed into it; the log must outlive this.
  void follow(std::string model, OutputLog& log);

 private:
  struct Followed {
    Followed(std::string its_model, OutputLog& its_log)
        : model(std::move(its_model)), log(its_log) {}

    const std::string model;
    OutputLog& log;
    std::uint64_t position = 0;
    std::string begun;  // of a line whose end was not printed yet
    Subscription more;
  };

  void run_batch() override;
  void collect(Followed& followed);

  Worker& worker_;
  LogOutlets& outlets_;
  std::deque<Followed> followed_;
};

}  // namespace llmsnap
