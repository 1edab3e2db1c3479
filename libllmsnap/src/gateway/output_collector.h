// OutputCollector: collects what all models print, in whole lines, on the background worker.
// Thread rule: made and destroyed by the gateway's owner.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "event/worker.h"
#include "llmsnap/subscription.h"
#include "log/output_log.h"

namespace llmsnap {

class OutputCollector final : private Worker::Source {
 public:
  /// `take` gets lines with their ends, on the worker, some of one model at a time. The worker must
  /// outlive this.
  OutputCollector(Worker& worker, std::function<void(std::string_view lines)> take);
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
  const std::function<void(std::string_view)> take_;
  std::deque<Followed> followed_;
};

}  // namespace llmsnap
