#include "process/life.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <random>
#include <utility>

#include "base/ascii.h"
#include "base/command_line.h"
#include "base/placeholder.h"
#include "base/url.h"
#include "process/child_environment.h"
#include "process/free_port.h"
#include "process/instance_marker.h"
#include "process/port_holder.h"

namespace llmsnap::process {
namespace {

/// A port that somebody takes between our look and the child's bind costs one launch.
constexpr int MostLaunches = 4;
constexpr std::size_t LastLines = 20;
constexpr std::size_t LastWordsBytes = 2000;
/// For what a grandchild that holds the pipe still says.
constexpr std::chrono::seconds OutputPatience{1};
/// Between two looks at a port whose holder was told to go.
constexpr std::chrono::milliseconds PortStep{10};

/// Where its server will listen, as far as that is on this machine; 0: nobody can know.
std::uint16_t wanted_port(const ModelConfig& config) {
  if (config.port != 0) {
    return config.port;
  }
  const Result<Url> url = parse_url(proxy_url(config));
  const bool here = url && (url->host == "localhost" || url->host == "127.0.0.1");
  return here ? url->port : 0;
}

/// What a gateway that lives has started is no leftover: its model serves, or belongs to us.
bool is_held_by_living_gateway(std::uint16_t port) {
  const auto holder = holder_of(port);
  return holder && is_of_living_gateway(holder->pid);
}

/// Unlike any other, also among several gateways of one program.
std::uint64_t random_serial() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

bool says_port_is_taken(std::string_view line) {
  constexpr std::array<std::string_view, 4> Signs{"address already in use", "address in use",
                                                  "eaddrinuse", "couldn't bind"};
  std::string lower(line);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii::to_lower);
  return std::any_of(Signs.begin(), Signs.end(), [&lower](std::string_view sign) {
    return lower.find(sign) != std::string::npos;
  });
}

/// The end of its output, to stand behind a reason; empty: there was none.
std::string words_since(const OutputLog& output, std::uint64_t begin) {
  std::string words = fmt::format("{}", fmt::join(output.last_lines(LastLines, begin), " | "));
  if (words.size() > LastWordsBytes) {
    words = "..." + words.substr(words.size() - LastWordsBytes);
  }
  return words;
}

}  // namespace

Life::Life(const LifeSetting& setting, std::uint32_t incarnation)
    : setting_(setting),
      config_(setting.config),
      incarnation_(incarnation),
      patience_(setting.services.control.timers(), *this),
      port_look_(setting.services.control.timers(), *this) {}

void Life::PortLook::expired() {
  life_.await_port();
}

void Life::Patience::expired() {
  if (life_.child_ != nullptr) {
    life_.warn_of_stop_command(
        {fmt::format("it had not ended after {} ms", life_.config_.unload_timeout.count()), true});
    life_.holder_is_left_ = true;
    life_.child_->kill();
  }
}

io::Loop& Life::io_loop() const {
  io::Engine& engine = setting_.services.engine;
  return engine.loop(setting_.number % engine.size());
}

void Life::begin() {
  port_ = wanted_port(config_);
  claim_port();
}

/// A server that was there before ours would be probed, and found ready, in its place.
void Life::claim_port() {
  if (over_ || stop_asked_) {
    end("it was stopped before its process was started");
    return;
  }
  if (port_ == 0 || can_bind(port_)) {
    launch();
    return;
  }
  const bool may_tell = !config_.cmd_stop.empty() &&
                        find_placeholder(config_.cmd_stop, PidPlaceholder) == std::string::npos;
  if (!holder_told_ && may_tell && setting_.services.guard != nullptr &&
      !is_held_by_living_gateway(port_)) {
    tell_holder();
  } else if (config_.port != 0) {
    const std::uint16_t taken = std::exchange(port_, free_port());
    setting_.services.log.warn(
        fmt::format("model {}: {}, it gets {} instead", setting_.name, port_in_use(taken), port_));
    launch();
  } else {
    end(port_in_use(port_));
  }
}

/// A container or daemon of an earlier gateway may still be there: its stop command ends it.
void Life::tell_holder() {
  holder_told_ = true;
  setting_.services.log.warn(
      fmt::format("model {}: {}, its cmdStop is run first", setting_.name, port_in_use(port_)));
  const auto words = split_command(with_port(config_.cmd_stop, port_));
  if (!words) {
    warn_of_stop_command({words.error().message, false});
    claim_port();
    return;
  }
  stop_begin_ = setting_.output->end();
  ChildOptions options;
  options.launch = launch_of(*words);
  options.on_output = [this](UniqueFd pipe) { read(std::move(pipe)); };
  options.on_exit = [this](const ExitStatus& status) {
    patience_.disarm();
    child_.reset();
    const bool is_good = status.how == ExitStatus::How::Exited && status.number == 0;
    if (!is_good && !holder_is_left_ && !stop_asked_) {
      warn_of_stop_command({"it " + describe(status), true});
    }
    finish_readers();
    port_gone_by_ = SteadyClock::now() + config_.unload_timeout;
    await_port();
  };
  auto child =
      Child::start(setting_.services.control, *setting_.services.guard, std::move(options));
  if (!child) {
    warn_of_stop_command({child.error().message, false});
    claim_port();
    return;
  }
  child_ = std::move(*child);
  patience_.arm(SteadyClock::now() + config_.unload_timeout);
}

/// A stop command may return before what it has told to go is gone.
void Life::await_port() {
  if (over_ || stop_asked_ || can_bind(port_) || SteadyClock::now() >= port_gone_by_) {
    claim_port();
  } else {
    port_look_.arm(SteadyClock::now() + PortStep);
  }
}

void Life::finish_readers() {
  for (const auto& reader : readers_) {
    reader->finish_by(SteadyClock::now() + OutputPatience);
  }
}

Launch Life::launch_of(const std::vector<std::string>& words) const {
  std::vector<std::string> additions;
  for (const std::string& item : config_.env) {
    additions.push_back(with_port(item, port_));
  }
  additions.push_back(own_marker(random_serial()));
  return {words, with_additions(setting_.services.environment, additions), config_.cwd};
}

void Life::launch() {
  ++launches_;
  output_begin_ = setting_.output->end();
  if (setting_.services.guard == nullptr) {
    end("the guard of its processes could not be started");
    return;
  }
  const auto words = split_command(with_port(config_.cmd, port_));
  if (!words) {
    end(words.error().message);
    return;
  }
  auto child = Child::start(
      setting_.services.control, *setting_.services.guard,
      {.launch = launch_of(*words),
       .stop_command = with_port(config_.cmd_stop, port_),
       .stop_signal = config_.stop_signal,
       .on_output = [this](UniqueFd pipe) { read(std::move(pipe)); },
       .on_exit = [this](const ExitStatus& status) { exited(status); },
       .on_stop_trouble = [this](const StopTrouble& trouble) { warn_of_stop_command(trouble); },
       .on_stuck = [this] { warn_of_stuck_process(); }});
  if (!child) {
    end(child.error().message);
    return;
  }
  child_ = std::move(*child);
  setting_.events.started(child_->pid(), port_);
  if (config_.check_endpoint != "none") {
    begin_probing();
  } else {
    probed({});
  }
}

void Life::stop() {
  stop_asked_ = true;
  next_question_ = nullptr;
  if (probe_ != nullptr) {
    probe_->cancel();
  }
  if (port_look_.armed()) {
    port_look_.disarm();
    claim_port();
    return;
  }
  if (child_ == nullptr || status_) {
    return;
  }
  if (patience_.armed()) {
    child_->kill();
  } else {
    stop_begin_ = setting_.output->end();
    child_->stop(config_.unload_timeout);
  }
}

void Life::abandon() {
  over_ = true;
  port_look_.disarm();
  if (probe_ != nullptr) {
    probe_->cancel();
  }
  child_.reset();
  readers_.clear();
}

void Life::read(UniqueFd pipe) {
  readers_.push_back(
      std::make_unique<OutputReader>(io_loop(), std::move(pipe), setting_.output, nullptr));
}

void Life::exited(const ExitStatus& status) {
  status_ = status;
  if (probe_ != nullptr) {
    probe_->cancel();
  }
  finish_readers();
  // What the pipes hold now is read before this comes back.
  io_loop().post([life = shared_from_this()] {
    life->setting_.services.control.post([life] {
      life->output_read_ = true;
      life->conclude_if_quiet();
    });
  });
}

void Life::conclude_if_quiet() {
  if (status_ && output_read_ && probe_ == nullptr && !over_) {
    conclude();
  }
}

void Life::conclude() {
  const ExitStatus status = *std::exchange(status_, std::nullopt);
  child_.reset();
  output_read_ = false;
  if (setting_.events.exited) {
    setting_.events.exited(incarnation_, status);
  }
  if (stop_asked_) {
    const bool by_us = status.how == ExitStatus::How::Signalled && status.number == SIGKILL;
    end(by_us ? "its process did not end when it was told to, and was killed"
              : "its process " + describe(status));
  } else if (!ready_ && config_.port != 0 && launches_ < MostLaunches && lost_its_port()) {
    port_ = free_port();
    claim_port();
  } else {
    end(fmt::format("its process {}{}{}", describe(status), ready_ ? "" : " before it was ready",
                    last_words()));
  }
}

void Life::end(const std::string& why) {
  if (!over_) {
    over_ = true;
    // Where its output is read: the log is written by one thread at a time.
    io_loop().post([output = setting_.output] { output->end_output(); });
    setting_.events.ended(incarnation_, why);
  }
}

void Life::warn_of_stuck_process() {
  setting_.services.log.error(fmt::format(
      "model {}: its process {} does not end after SIGKILL, it hangs in the kernel; its "
      "room is not free before it ends",
      setting_.name, child_->pid()));
}

/// A mistyped one would else show in nothing but models that take long to go.
void Life::warn_of_stop_command(const StopTrouble& trouble) {
  const std::string text =
      fmt::format("model {}: its cmdStop failed: {}", setting_.name, trouble.why);
  if (!trouble.ran) {
    setting_.services.log.warn(text);
    return;
  }
  readers_.back()->finish_by(SteadyClock::now() + OutputPatience);
  // What it has printed is read by then; what the model has printed meanwhile is among it.
  io_loop().post(
      [text, output = setting_.output, begin = stop_begin_, &log = setting_.services.log] {
        const std::string words = words_since(*output, begin);
        log.warn(text + (words.empty() ? "" : "; printed since it was run: " + words));
      });
}

void Life::warn_of_open_port() {
  if (port_ != 0 && !setting_.told_of_open_port && is_open_to_others(port_)) {
    setting_.told_of_open_port = true;
    setting_.services.log.warn(fmt::format(
        "model {}: its port {} is open on all addresses of this machine, not on 127.0.0.1 alone: "
        "who can reach it uses the model past the gateway and its apiKeys",
        setting_.name, port_));
  }
}

bool Life::lost_its_port() const {
  const std::vector<std::string> lines = setting_.output->last_lines(LastLines, output_begin_);
  return std::any_of(lines.begin(), lines.end(), says_port_is_taken);
}

std::string Life::last_words() const {
  const std::string words = words_since(*setting_.output, output_begin_);
  return words.empty() ? "; it printed nothing" : "; its last output: " + words;
}

}  // namespace llmsnap::process
