#include "schedule/control.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>
#include <vector>

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

namespace {

using Entry = process::Gate::Entry;

Admission enter(const Team& team, std::size_t place) {
  const process::Gate::Admission admission = team.members[place]->gate.try_enter();
  return {admission.entry, place, admission.incarnation, admission.port};
}

/// Places by what there is to do, beginning with the one whose turn it is.
std::vector<std::size_t> by_load(const Team& team, std::size_t first) {
  std::vector<std::pair<std::size_t, std::size_t>> loads;
  for (std::size_t i = 0; i < team.members.size(); ++i) {
    const std::size_t place = (first + i) % team.members.size();
    loads.emplace_back(team.members[place]->gate.inside(), place);
  }
  std::stable_sort(loads.begin(), loads.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::size_t> places;
  for (const auto& [load, place] : loads) {
    places.push_back(place);
  }
  return places;
}

}  // namespace

Admission Control::try_enter(const Handle& model) {
  if (model->members.size() == 1) {
    return enter(*model, 0);
  }
  Admission last{Entry::Full, 0, 0, 0};
  for (const std::size_t place :
       by_load(*model, model->turn.fetch_add(1, std::memory_order_relaxed))) {
    const Admission admission = enter(*model, place);
    if (admission.entry == Entry::Entered) {
      return admission;
    }
    if (admission.entry == Entry::Closed) {
      last.entry = Entry::Closed;  // one may come
    }
  }
  return last;
}

Admission Control::look(const Handle& model) {
  for (const std::size_t place : by_load(*model, 0)) {
    const process::Gate::Admission present = model->members[place]->gate.look();
    if (present.entry == Entry::Entered) {
      return {present.entry, place, present.incarnation, present.port};
    }
  }
  return {};
}

bool Control::is_present(const Handle& model, const Admission& found) {
  const process::Gate::Admission present = model->members[found.place]->gate.look();
  return present.entry == Entry::Entered && present.incarnation == found.incarnation;
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

void Control::broken_off(const Handle& model, const Admission& admission) {
  model->members[admission.place]->answers.broken_off(SteadyClock::now());
}

/// Of as many requests as there may be, one ends about once in their mean time through their
/// number.
Error Control::at_limit(const Handle& model) {
  const ModelConfig& config = model->config;
  std::int64_t ready = 0;
  std::chrono::nanoseconds mean{0};
  for (const auto& member : model->members) {
    ready += member->gate.is_open() ? 1 : 0;
    mean = std::max(mean, member->answers.mean_time());
  }
  const std::int64_t limit =
      static_cast<std::int64_t>(config.concurrency_limit) * std::max<std::int64_t>(ready, 1);
  const auto wait =
      std::chrono::ceil<std::chrono::seconds>(mean / std::max<std::int64_t>(limit, 1));
  return {ErrorCode::TooManyRequests, at_limit_text(config.id, config.concurrency_limit),
          std::chrono::seconds(std::clamp<std::int64_t>(wait.count(), 1, LongestWait))};
}

void Control::was_in_work(const Handle& model, const Admission& admission,
                          SteadyClock::duration time) {
  model->members[admission.place]->answers.took(time);
}

Ticket Control::request(Handle model, RequestAnswer answer) {
  return thread_->submit(&ControlThread::take_request, std::move(model), std::move(answer));
}

Ticket Control::load(Handle model, OperatorAnswer answer) {
  return thread_->submit(&ControlThread::take_load, std::move(model), std::move(answer));
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

void Control::reap_orphans() {
  thread_->post([thread = thread_.get()] { thread->reap_orphans(); });
}

namespace {

/// How far a state is from serving.
int distance(ModelState state) {
  switch (state) {
    case ModelState::Ready:
      return 0;
    case ModelState::Draining:
      return 1;
    case ModelState::Waking:
      return 2;
    case ModelState::Starting:
      return 3;
    case ModelState::Asleep:
      return 4;
    case ModelState::SleepPending:
      return 5;
    case ModelState::Stopping:
      return 6;
    case ModelState::Failed:
      return 7;
    case ModelState::Stopped:
      return 8;
  }
  return 9;
}

InstanceStatus status_of(const Member& member) {
  InstanceStatus status = member.shown.read();
  status.in_flight = member.gate.inside();
  return status;
}

}  // namespace

ModelStatus Control::status(const Handle& model) {
  std::vector<InstanceStatus> all;
  ModelStatus status;
  for (const auto& member : model->members) {
    all.push_back(status_of(*member));
    status.in_flight += all.back().in_flight;
  }
  const InstanceStatus& first = *std::min_element(
      all.begin(), all.end(),
      [](const auto& a, const auto& b) { return distance(a.state) < distance(b.state); });
  status.model = model->config.id;
  status.state = first.state;
  status.why = first.why;
  status.since = first.since;
  status.pid = first.pid;
  status.port = first.port;
  if (all.size() > 1) {
    status.instances = std::move(all);
  }
  return status;
}

bool Control::is_ready(const Handle& model) {
  return std::any_of(model->members.begin(), model->members.end(),
                     [](const auto& member) { return member->gate.is_open(); });
}

std::shared_ptr<OutputLog> Control::output(const Handle& model) {
  return model->output;
}

std::vector<ModelEvent> Control::decisions() const {
  return thread_->history().latest();
}

}  // namespace llmsnap::schedule
