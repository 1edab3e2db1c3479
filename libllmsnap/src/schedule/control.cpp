#include "schedule/control.h"

#include <future>
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

std::vector<Handle> Control::leaving() const {
  std::vector<Handle> leaving = thread_->leaving();
  // One that has ended is known for a moment longer.
  std::erase_if(leaving, [](const Handle& model) {
    const ModelState state = model->status().state;
    return state == ModelState::Stopped || state == ModelState::Failed;
  });
  return leaving;
}

Admission Control::try_enter(const Handle& model) {
  return model->try_enter();
}

Admission Control::look(const Handle& model) {
  return model->look();
}

bool Control::is_present(const Handle& model, const Admission& found) {
  return model->is_present(found);
}

void Control::leave(const Handle& model, const Admission& admission) {
  const std::shared_ptr<Member>& member = model->members[admission.place];
  member->last_use.store(SteadyClock::now(), std::memory_order_release);  // before it looks idle
  if (member->gate.leave(admission.incarnation)) {
    thread_->post([thread = thread_.get(), member, incarnation = admission.incarnation] {
      thread->look_at_gate(member, incarnation);
    });
  }
}

void Control::answered_well(const Handle& model, const Admission& admission,
                            std::string_view target) {
  model->members[admission.place]->answers.well(process::kind_of(target));
}

void Control::answered_badly(const Handle& model, const Admission& admission,
                             std::string_view target) {
  const std::shared_ptr<Member>& member = model->members[admission.place];
  if (member->answers.badly()) {
    // What it could not do before either is the client's affair: then its health check is asked.
    const bool could = member->answers.has_served(process::kind_of(target));
    thread_->post([member, incarnation = admission.incarnation,
                   target = std::string(could ? target : std::string_view())] {
      if (member->runner != nullptr) {
        member->runner->examine(incarnation, target);
      }
    });
  }
}

std::optional<std::string> Control::told_to_stop(const Handle& model, const Admission& admission) {
  return model->members[admission.place]->last_stop.why(admission.incarnation);
}

void Control::broken_off(const Handle& model, const Admission& admission) {
  model->members[admission.place]->answers.broken_off(SteadyClock::now());
}

Error Control::at_limit(const Handle& model) {
  return model->at_limit();
}

void Control::was_in_work(const Handle& model, const Admission& admission,
                          SteadyClock::duration time) {
  model->members[admission.place]->answers.took(time);
}

Ticket Control::request(Handle model, SteadyClock::time_point since, RequestAnswer answer) {
  return thread_->submit(&ControlThread::take_request, std::move(model),
                         ControlThread::Request{since, std::move(answer)});
}

Ticket Control::load(Handle model, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_load, std::move(model), std::move(answer));
}

Ticket Control::load_where_it_fits(Handle model, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_load_where_it_fits, std::move(model),
                         std::move(answer));
}

Ticket Control::unload(Handle model, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_unload, std::move(model), std::move(answer));
}

Ticket Control::sleep(Handle model, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_sleep, std::move(model), std::move(answer));
}

void Control::keep_alive(Handle model, KeepAlive keep_alive) {
  thread_->post([thread = thread_.get(), model = std::move(model), keep_alive] {
    thread->take_keep_alive(model, keep_alive);
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

std::chrono::milliseconds Control::longest_unload_timeout() const {
  auto told = std::make_shared<std::promise<std::chrono::milliseconds>>();
  auto answer = told->get_future();
  thread_->post(
      [thread = thread_.get(), told] { told->set_value(thread->longest_unload_timeout()); });
  return answer.get();
}

void Control::reap_orphans() {
  thread_->post([thread = thread_.get()] { thread->reap_orphans(); });
}

ModelStatus Control::status(const Handle& model) {
  return model->status();
}

bool Control::is_ready(const Handle& model) {
  return model->is_ready();
}

std::shared_ptr<OutputLog> Control::output(const Handle& model) {
  return model->output;
}

std::vector<ModelEvent> Control::decisions() const {
  return thread_->history().latest();
}

}  // namespace llmsnap::schedule
