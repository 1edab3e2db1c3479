#include "schedule/control.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "process/canary.h"
#include "schedule/control_thread.h"
#include "schedule/refusal_error.h"

namespace llmsnap::schedule {
namespace {

constexpr std::int64_t LongestWait = 60;

}  // namespace

Control::Control(const Config& config, ControlOptions options)
    : thread_(std::make_unique<ControlThread>(config, std::move(options))) {}
Control::~Control() = default;

void Control::begin() {
  thread_->post([thread = thread_.get()] { thread->look_around(); });
}

// The promises are shared: who waits may be gone before the other thread has returned from its
// call.

Adoption Control::adopt(const Config& config) {
  auto adopted = std::make_shared<std::promise<Adoption>>();
  auto answer = adopted->get_future();
  thread_->post(
      [thread = thread_.get(), &config, adopted] { adopted->set_value(thread->adopt(config)); });
  return answer.get();
}

void Control::retire(const std::vector<Handle>& leaving) {
  auto told = std::make_shared<std::promise<void>>();
  auto answer = told->get_future();
  thread_->post([thread = thread_.get(), &leaving, told] {
    thread->retire(leaving);
    told->set_value();
  });
  answer.get();
}

Handle Control::find(std::string_view id) const {
  return thread_->find(id);
}

Handles Control::handles() const {
  return thread_->handles();
}

process::Gate::Admission Control::try_enter(const Handle& instance) {
  return instance->gate.try_enter();
}

process::Gate::Admission Control::look(const Handle& instance) {
  return instance->gate.look();
}

void Control::leave(const Handle& instance, std::uint32_t incarnation) {
  instance->last_use.store(SteadyClock::now(), std::memory_order_release);  // before it looks idle
  if (instance->gate.leave(incarnation)) {
    thread_->post([thread = thread_.get(), instance, incarnation] {
      thread->look_at_gate(instance, incarnation);
    });
  }
}

void Control::answered_well(const Handle& instance, std::string_view target) {
  instance->answers.well(process::kind_of(target));
}

void Control::answered_badly(const Handle& instance, std::uint32_t incarnation,
                             std::string_view target) {
  AnswerWatch& answers = instance->answers;
  if (answers.badly()) {
    // What it could not do before either is the client's affair: then its health check is asked.
    const bool could = answers.has_served(process::kind_of(target));
    thread_->post(
        [instance, incarnation, target = std::string(could ? target : std::string_view())] {
          if (instance->runner != nullptr) {
            instance->runner->examine(incarnation, target);
          }
        });
  }
}

void Control::broken_off(const Handle& instance) {
  instance->answers.broken_off(SteadyClock::now());
}

/// Of as many requests as there may be, one ends about once in their mean time through their
/// number.
Error Control::at_limit(const Handle& instance) {
  const ModelConfig& config = instance->config;
  const auto limit = static_cast<std::int64_t>(config.concurrency_limit);
  const auto wait = std::chrono::ceil<std::chrono::seconds>(instance->answers.mean_time() /
                                                            std::max<std::int64_t>(limit, 1));
  return {ErrorCode::TooManyRequests, at_limit_text(config.id, config.concurrency_limit),
          std::chrono::seconds(std::clamp<std::int64_t>(wait.count(), 1, LongestWait))};
}

void Control::was_in_work(const Handle& instance, SteadyClock::duration time) {
  instance->answers.took(time);
}

Ticket Control::request(Handle instance, RequestAnswer answer) {
  return thread_->submit(&ControlThread::take_request, std::move(instance), std::move(answer));
}

Ticket Control::load(Handle instance, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_load, std::move(instance), std::move(answer));
}

Ticket Control::unload(Handle instance, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_unload, std::move(instance), std::move(answer));
}

Ticket Control::sleep(Handle instance, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_sleep, std::move(instance), std::move(answer));
}

void Control::keep_alive(Handle instance, KeepAlive keep_alive) {
  thread_->post([thread = thread_.get(), instance = std::move(instance), keep_alive] {
    thread->take_keep_alive(instance, keep_alive);
  });
}

void Control::standing(Ticket ticket, std::function<void(std::optional<Standing>)> answer) {
  thread_->post([thread = thread_.get(), ticket, answer = std::move(answer)] {
    answer(thread->standing(ticket));
  });
}

void Control::cancel(Ticket ticket) {
  thread_->post([thread = thread_.get(), ticket] { thread->take_cancel(ticket); });
}

void Control::shutdown() {
  thread_->shutdown();
}

void Control::reap_orphans() {
  thread_->post([thread = thread_.get()] { thread->reap_orphans(); });
}

ModelStatus Control::status(const Handle& instance) {
  ModelStatus status = instance->shown.read();
  status.in_flight = instance->gate.inside();
  return status;
}

bool Control::is_ready(const Handle& instance) {
  return instance->gate.is_open();
}

std::shared_ptr<OutputLog> Control::output(const Handle& instance) {
  return instance->output;
}

std::vector<ModelEvent> Control::decisions() const {
  return thread_->history().latest();
}

}  // namespace llmsnap::schedule
