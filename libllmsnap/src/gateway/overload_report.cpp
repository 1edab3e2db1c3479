#include "gateway/overload_report.h"

#include "record/say_when_due.h"

namespace llmsnap {
namespace {

constexpr auto Pause = std::chrono::seconds(1);

}  // namespace

OverloadReport::OverloadReport(Worker& worker, Log& log)
    : worker_(worker),
      over_limit_(log, "connections turned away, limits.connections is reached", Pause),
      no_stack_(log,
                "requests turned away, there is no memory for their stacks (a limit on address "
                "space, or vm.max_map_count; limits.connections bounds the need)",
                Pause) {
  worker_.attach(*this);
}

OverloadReport::~OverloadReport() {
  worker_.detach(*this);
  over_limit_.tell_rest();
  no_stack_.tell_rest();
}

void OverloadReport::run_batch() {
  record::say_when_due(worker_, over_limit_);
  record::say_when_due(worker_, no_stack_);
}

}  // namespace llmsnap
