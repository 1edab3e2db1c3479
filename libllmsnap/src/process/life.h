// Life: one life of an instance's process, from the claim of its port to the end of all that it
// started. Thread rule: the control loop's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/timers.h"
#include "process/child.h"
#include "process/exit_status.h"
#include "process/output_reader.h"
#include "process/probe_run.h"
#include "process/runner.h"
#include "process/server.h"

namespace llmsnap::process {

struct Canary;

/// What a life needs of its runner, which outlives it or abandons it.
struct LifeSetting {
  const ModelConfig& config;
  const std::string& name;  ///< of the instance, for the log
  std::size_t number;
  const RunnerServices& services;
  const RunnerEvents& events;
  std::shared_ptr<OutputLog> output;  // owners: the runner, lives, readers
  bool& told_of_open_port;            ///< once is enough, however often it starts
};

class Life : public std::enable_shared_from_this<Life> {
 public:
  Life(const LifeSetting& setting, std::uint32_t incarnation);
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  /// Events follow, also from inside this call.
  void begin();
  /// Answers of it fail: asks it for one, of the kind that `failed_target` asked for.
  void examine(const std::string& failed_target);
  void examine_health();
  void check_health();
  void sleep();
  void wake();
  void stop();
  /// Kills what runs; no event follows.
  void abandon();

  bool over() const { return over_; }
  std::uint32_t incarnation() const { return incarnation_; }
  std::uint16_t port() const { return port_; }

 private:
  class Patience final : public io::Timer {
   public:
    Patience(io::Timers& timers, Life& life) : Timer(timers), life_(life) {}

   private:
    void expired() override;
    Life& life_;
  };

  class PortLook final : public io::Timer {
   public:
    PortLook(io::Timers& timers, Life& life) : Timer(timers), life_(life) {}

   private:
    void expired() override;
    Life& life_;
  };

  void claim_port();
  void await_port();
  void finish_readers();
  void tell_holder();
  void launch();
  Result<Server> its_server() const;
  void begin_probing();
  void probed(const Result<void>& result);
  void begin_examination(std::string_view what_failed, Canary canary);
  void examined(const Result<void>& result);
  void checked(const Result<void>& result);
  /// Asks its server, one thing at a time: what is asked now is given up for it. `done` unless the
  /// life ends first.
  void ask(ProbeRun::Ask question, void (Life::*done)(const Result<void>&));
  void begin_asking();
  void slept(const Result<void>& result);
  void woke(const Result<void>& result);
  std::vector<SleepStep> with_its_port(std::vector<SleepStep> steps) const;
  bool lives() const { return ready_ && !stop_asked_ && !status_ && !over_; }
  bool serves() const { return lives() && !asleep_; }
  void read(UniqueFd pipe);
  void exited(const ExitStatus& status);
  void conclude_if_quiet();
  void conclude();
  void end(const std::string& why);
  bool lost_its_port() const;
  void warn_of_open_port();
  void warn_of_stuck_process();
  void warn_of_stop_command(const StopTrouble& trouble);
  std::string last_words() const;
  Launch launch_of(const std::vector<std::string>& words) const;
  io::Loop& io_loop() const;

  const LifeSetting setting_;
  const ModelConfig& config_;
  const std::uint32_t incarnation_;
  std::uint16_t port_ = 0;
  int launches_ = 0;
  std::uint64_t output_begin_ = 0;  // of this launch, in the log that earlier lives share
  std::uint64_t stop_begin_ = 0;    // in that log, of what is said while it is stopped
  bool holder_told_ = false;
  bool holder_is_left_ = false;  // the command that told it had to be killed
  bool stop_asked_ = false;
  bool ready_ = false;
  bool asleep_ = false;  // or on its way to it or from it
  bool over_ = false;
  bool output_read_ = false;  // of the exited child
  std::optional<ExitStatus> status_;
  std::unique_ptr<Child> child_;
  std::shared_ptr<ProbeRun> probe_;  // while it is asked; the other owners are its own tasks
  ProbeRun::Ask next_question_;      // for when that has ended
  void (Life::*question_done_)(const Result<void>&) = nullptr;
  SteadyClock::time_point next_examination_{};
  std::string_view what_failed_;  // before the examination
  std::vector<std::unique_ptr<OutputReader>> readers_;
  Patience patience_;  // with the command that tells a port's holder to go
  PortLook port_look_;
  Deadline port_gone_by_{};
};

}  // namespace llmsnap::process
