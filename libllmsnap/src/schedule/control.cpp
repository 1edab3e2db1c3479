#include "schedule/control.h"

#include <utility>

#include "process/canary.h"
#include "schedule/control_thread.h"

namespace llmsnap::schedule {

Control::Control(const Config& config, ControlOptions options)
    : thread_(std::make_unique<ControlThread>(config, std::move(options))) {}
Control::~Control() = default;

void Control::begin() {
  thread_->post([thread = thread_.get()] { thread->look_around(); });
}

std::optional<Instance> Control::find(std::string_view id) const {
  for (std::size_t i = 0; i < thread_->size(); ++i) {
    if (thread_->member(static_cast<Instance>(i)).config.id == id) {
      return static_cast<Instance>(i);
    }
  }
  return std::nullopt;
}

std::size_t Control::size() const {
  return thread_->size();
}

process::Gate::Admission Control::try_enter(Instance instance) {
  return thread_->member(instance).gate.try_enter();
}

void Control::leave(Instance instance, std::uint32_t incarnation) {
  Member& member = thread_->member(instance);
  member.last_use.store(SteadyClock::now(), std::memory_order_release);  // before it looks idle
  if (member.gate.leave(incarnation)) {
    thread_->post([thread = thread_.get(), instance, incarnation] {
      thread->look_at_gate(instance, incarnation);
    });
  }
}

void Control::answered_well(Instance instance, std::string_view target) {
  thread_->member(instance).answers.well(process::kind_of(target));
}

void Control::answered_badly(Instance instance, std::uint32_t incarnation,
                             std::string_view target) {
  AnswerWatch& answers = thread_->member(instance).answers;
  if (answers.badly()) {
    // What it could not do before either is the client's affair: then its health check is asked.
    const bool could = answers.has_served(process::kind_of(target));
    thread_->post([thread = thread_.get(), instance, incarnation,
                   target = std::string(could ? target : std::string_view())] {
      thread->member(instance).runner->examine(incarnation, target);
    });
  }
}

void Control::broken_off(Instance instance) {
  thread_->member(instance).answers.broken_off(SteadyClock::now());
}

Error Control::at_limit(Instance instance) const {
  return thread_->at_limit(instance);
}

void Control::was_in_work(Instance instance, SteadyClock::duration time) {
  thread_->member(instance).answers.took(time);
}

Ticket Control::request(Instance instance, RequestAnswer answer) {
  return thread_->submit(&ControlThread::take_request, instance, std::move(answer));
}

Ticket Control::load(Instance instance, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_load, instance, std::move(answer));
}

Ticket Control::unload(Instance instance, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_unload, instance, std::move(answer));
}

Ticket Control::sleep(Instance instance, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_sleep, instance, std::move(answer));
}

void Control::keep_alive(Instance instance, KeepAlive keep_alive) {
  thread_->post([thread = thread_.get(), instance, keep_alive] {
    thread->take_keep_alive(instance, keep_alive);
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

ModelStatus Control::status(Instance instance) const {
  ModelStatus status = thread_->board().status(instance);
  status.in_flight = thread_->member(instance).gate.inside();
  return status;
}

std::vector<ModelEvent> Control::decisions() const {
  return thread_->board().latest();
}

bool Control::is_ready(Instance instance) const {
  return thread_->member(instance).gate.is_open();
}

OutputLog& Control::output(Instance instance) {
  return thread_->member(instance).runner->output();
}

}  // namespace llmsnap::schedule
