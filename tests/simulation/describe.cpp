#include "simulation/describe.h"

#include <fmt/format.h>

#include <variant>

namespace llmsnap::test {

using namespace schedule;

namespace {

std::string text(const RequestArrived& event) {
  return fmt::format("request #{} for {}", event.ticket, event.instance);
}
std::string text(const LoadAsked& event) {
  return fmt::format("load #{} of {}", event.ticket, event.instance);
}
std::string text(const UnloadAsked& event) {
  return fmt::format("unload #{} of {}", event.ticket, event.instance);
}
std::string text(const SleepAsked& event) {
  return fmt::format("sleep #{} of {}", event.ticket, event.instance);
}
std::string text(const KeepAliveAsked& event) {
  return event.keep_alive.time
             ? fmt::format("{} shall stay {} ms", event.instance, event.keep_alive.time->count())
             : fmt::format("{} shall stay", event.instance);
}
std::string text(const FellAsleep& event) {
  return fmt::format("{}.{} fell asleep", event.instance, event.incarnation);
}
std::string text(const SleepFailed& event) {
  return fmt::format("{}.{} did not fall asleep", event.instance, event.incarnation);
}
std::string text(const WakeFailed& event) {
  return fmt::format("{}.{} did not wake", event.instance, event.incarnation);
}
std::string text(const Retired& event) {
  return fmt::format("{} retired: {}", event.instance, event.why);
}
std::string text(const TicketCancelled& event) {
  return fmt::format("#{} cancelled", event.ticket);
}
std::string text(const ProbePassed& event) {
  return fmt::format("{}.{} passed its probe", event.instance, event.incarnation);
}
std::string text(const ProbeGaveUp& event) {
  return fmt::format("{}.{}: the probe gave up", event.instance, event.incarnation);
}
std::string text(const ChildExited& event) {
  return fmt::format("{}.{} exited", event.instance, event.incarnation);
}
std::string text(const MemoryReleased& event) {
  return fmt::format("{}.{}: memory released", event.instance, event.incarnation);
}
std::string text(const FoundFailing& event) {
  return fmt::format("{}.{} found failing", event.instance, event.incarnation);
}
std::string text(const InFlight& event) {
  return fmt::format("{}.{}: {} in flight", event.instance, event.incarnation, event.count);
}
std::string text(const TimePassed&) {
  return "time passed";
}
std::string text(const ShutdownBegun&) {
  return "shutdown";
}

std::string text(const Spawn& effect) {
  return fmt::format("Spawn {}.{}", effect.instance, effect.incarnation);
}
std::string text(const Stop& effect) {
  return fmt::format("Stop {}.{}", effect.instance, effect.incarnation);
}
std::string text(const Sleep& effect) {
  return fmt::format("Sleep {}.{}", effect.instance, effect.incarnation);
}
std::string text(const Wake& effect) {
  return fmt::format("Wake {}.{}", effect.instance, effect.incarnation);
}
std::string text(const OpenGate& effect) {
  return fmt::format("OpenGate {}.{}", effect.instance, effect.incarnation);
}
std::string text(const CloseGate& effect) {
  return fmt::format("CloseGate {}.{}", effect.instance, effect.incarnation);
}
std::string text(const WatchIdle& effect) {
  return fmt::format("WatchIdle {}.{}", effect.instance, effect.incarnation);
}
std::string text(const Grant& effect) {
  return fmt::format("Grant #{} {}.{}", effect.ticket, effect.instance, effect.incarnation);
}
std::string text(const Done& effect) {
  return fmt::format("Done #{}", effect.ticket);
}
std::string text(const Refuse& effect) {
  return fmt::format("Refuse #{}: {} (retry after {} s)", effect.ticket, effect.why,
                     effect.retry_after.count());
}
std::string text(const Vacated& effect) {
  return fmt::format("Vacated {}", effect.instance);
}
std::string text(const Publish& effect) {
  return fmt::format("Publish {}: {} -> {}: {}", effect.instance, name_of(effect.from),
                     name_of(effect.to), effect.why);
}

}  // namespace

std::string describe(const Setup& setup) {
  std::string lines = setup.most == 0 ? "" : fmt::format("at most {} loaded\n", setup.most);
  for (const std::vector<std::size_t>& combination : setup.combinations) {
    lines += fmt::format("may be there together: {}\n", fmt::join(combination, " "));
  }
  for (std::size_t number = 0; number < setup.groups.size(); ++number) {
    const Group& group = setup.groups[number];
    lines +=
        fmt::format("group {}:{}{}{}\n", number, group.swap ? " swap" : "",
                    group.exclusive ? " exclusive" : "", group.persistent ? " persistent" : "");
  }
  for (std::size_t number = 0; number < setup.specs.size(); ++number) {
    const InstanceSpec& spec = setup.specs[number];
    lines += fmt::format(
        "instance {} of crew {}: group {}, concurrency {}, queue {} for {} ms, max_wait {} ms, "
        "drain {} ms, "
        "priority {}, min_residency {} ms, ttl {} ms, stop_after {} ms{}{}{}\n",
        number, setup.crew_of[number], setup.group_of[number], spec.concurrency_limit,
        spec.queue_limit, spec.queue_timeout.count(), spec.max_wait.count(),
        spec.drain_timeout.count(), spec.priority, spec.min_residency.count(), spec.ttl.count(),
        spec.stop_after.count(), spec.can_sleep ? ", sleeps" : "",
        spec.restarts ? ", restarts" : "", spec.comes_back ? ", comes back" : "");
  }
  return lines;
}

std::string describe(const Event& event) {
  const std::chrono::duration<double> now = event.now.time_since_epoch();
  return fmt::format("{:.3f} {}", now.count(),
                     std::visit([](const auto& what) { return text(what); }, event.what));
}

std::string describe(const Effect& effect) {
  return std::visit([](const auto& what) { return text(what); }, effect);
}

}  // namespace llmsnap::test
