// What a life asks its server: whether it is ready, whether it serves, to sleep and to wake.
#include <fmt/format.h>

#include <utility>

#include "base/placeholder.h"
#include "base/url.h"
#include "process/canary.h"
#include "process/life.h"
#include "process/prober.h"
#include "process/sleeper.h"

namespace llmsnap::process {
namespace {

/// Between two examinations: bad requests of one client must not keep a model busy with ours.
constexpr std::chrono::seconds ExaminationPause{10};
/// A model that is busy answers later.
constexpr std::chrono::seconds ExaminationPatience{60};
/// An idle server has nothing that could hold up its answer for longer.
constexpr std::chrono::seconds CheckPatience{10};
/// From its last sleep step until it must say that it sleeps.
constexpr std::chrono::seconds SleepPatience{10};

}  // namespace

Result<Server> Life::its_server() const {
  Result<Url> url = parse_url(with_port(config_.proxy, port_));
  return url ? Result<Server>(Server(std::move(*url), config_.api_key)) : url.error();
}

void Life::begin_probing() {
  Result<Server> server = its_server();
  if (!server) {
    setting_.events.gave_up(incarnation_, server.error().message);
    return;
  }
  server->url.base_path += with_port(config_.check_endpoint, port_);
  ask([plan = ProbePlan{.server = std::move(*server),
                        .give_up = SteadyClock::now() + config_.health_check_timeout}](
          upstream::Pool& pool) { return probe_until_ready(pool, plan); },
      &Life::probed);
}

void Life::ask(ProbeRun::Ask question, void (Life::*done)(const Result<void>&)) {
  next_question_ = std::move(question);
  question_done_ = done;
  if (probe_ != nullptr) {
    probe_->cancel();  // it comes back with an error that nobody hears of
  } else {
    begin_asking();
  }
}

void Life::begin_asking() {
  probe_ =
      ProbeRun::start(io_loop(), setting_.services.control, std::exchange(next_question_, nullptr),
                      [life = shared_from_this()](const Result<void>& result) {
                        life->probe_.reset();
                        if (life->next_question_ && !life->status_ && !life->over_) {
                          life->begin_asking();
                          return;
                        }
                        (life.get()->*life->question_done_)(result);
                        life->conclude_if_quiet();
                      });
}

void Life::probed(const Result<void>& result) {
  if (stop_asked_ || status_ || over_) {
    return;
  }
  if (result) {
    ready_ = true;
    warn_of_open_port();
    setting_.events.ready(incarnation_);
  } else {
    setting_.events.gave_up(incarnation_, result.error().message + last_words());
  }
}

/// A client's bad requests may have failed, not the model: so it is asked something harmless first.
void Life::examine(const std::string& failed_target) {
  const std::string& name = config_.use_model_name.empty() ? config_.id : config_.use_model_name;
  begin_examination("answers",
                    canary_for(failed_target, name, with_port(config_.check_endpoint, port_)));
}

void Life::examine_health() {
  begin_examination("health checks", health_canary(with_port(config_.check_endpoint, port_)));
}

void Life::begin_examination(std::string_view what_failed, Canary canary) {
  const SteadyClock::time_point now = SteadyClock::now();
  Result<Server> server = its_server();
  const bool is_free = probe_ == nullptr || question_done_ == &Life::checked;
  if (!serves() || !is_free || now < next_examination_ || !server) {
    return;
  }
  next_examination_ = now + ExaminationPause;
  what_failed_ = what_failed;
  setting_.services.log.warn(
      fmt::format("model {}: several {} in a row failed, it is asked by us: {} {}", setting_.name,
                  what_failed, canary.method, canary.target));
  ask([server = std::move(*server), canary = std::move(canary), until = now + ExaminationPatience](
          upstream::Pool& pool) { return sing(pool, server, canary, until); },
      &Life::examined);
}

void Life::examined(const Result<void>& result) {
  if (!serves()) {
    return;
  }
  if (result) {
    setting_.services.log.info(
        fmt::format("model {}: its answer to us is good, it goes on", setting_.name));
  } else {
    setting_.events.failing(
        incarnation_, fmt::format("several {} in a row failed, and the one to us: {}", what_failed_,
                                  result.error().message));
  }
}

void Life::check_health() {
  Result<Server> server = its_server();
  if (!serves() || probe_ != nullptr || config_.check_endpoint == "none" || !server) {
    return;
  }
  ask([server = std::move(*server),
       canary = health_canary(with_port(config_.check_endpoint, port_)),
       until = SteadyClock::now() +
               CheckPatience](upstream::Pool& pool) { return sing(pool, server, canary, until); },
      &Life::checked);
}

void Life::checked(const Result<void>& result) {
  if (!serves()) {
    return;
  }
  if (!result) {
    setting_.services.log.info(fmt::format("model {}: it is idle, and its health check failed: {}",
                                           setting_.name, result.error().message));
  }
  setting_.events.checked(incarnation_, result);
}

std::vector<SleepStep> Life::with_its_port(std::vector<SleepStep> steps) const {
  for (SleepStep& step : steps) {
    step.target = with_port(step.target, port_);
    step.body = with_port(step.body, port_);
  }
  return steps;
}

void Life::sleep() {
  Result<Server> server = its_server();
  if (!serves() || !server) {
    return;  // its end is told
  }
  asleep_ = true;
  ask(
      [server = std::move(*server),
       steps = with_its_port(config_.sleep.sleep)](upstream::Pool& pool) {
        const Result<void> taken = take_steps(pool, server, steps);
        return taken ? see_that_it_sleeps(pool, server, SteadyClock::now() + SleepPatience) : taken;
      },
      &Life::slept);
}

void Life::slept(const Result<void>& result) {
  if (!lives()) {
    return;
  }
  if (result) {
    setting_.events.asleep(incarnation_);
  } else {
    setting_.events.sleep_failed(incarnation_, result.error().message);
  }
}

void Life::wake() {
  Result<Server> server = its_server();
  if (!lives() || !server) {
    return;
  }
  ProbePlan plan{.server = *server};
  plan.server.url.base_path += with_port(config_.check_endpoint, port_);
  const bool probes = config_.check_endpoint != "none";
  ask(
      [server = std::move(*server), steps = with_its_port(config_.sleep.wake), plan, probes,
       limit = config_.health_check_timeout](upstream::Pool& pool) {
        if (Result<void> taken = take_steps(pool, server, steps); !taken) {
          return taken;
        }
        ProbePlan in_time = plan;
        in_time.give_up = SteadyClock::now() + limit;
        // A health check may well be good while it sleeps.
        const Result<void> awake = see_that_it_is_awake(pool, server, in_time.give_up);
        return awake && probes ? probe_until_ready(pool, in_time) : awake;
      },
      &Life::woke);
}

void Life::woke(const Result<void>& result) {
  if (!lives()) {
    return;
  }
  if (result) {
    asleep_ = false;
    setting_.events.ready(incarnation_);
  } else {
    setting_.events.wake_failed(incarnation_, result.error().message);
  }
}

}  // namespace llmsnap::process
