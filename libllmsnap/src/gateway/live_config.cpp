#include "gateway/live_config.h"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "llmsnap/event_bus.h"
#include "log/log.h"

namespace llmsnap {
namespace {

/// Keys that are read once, by who cannot change any more.
std::vector<std::string> waiting_for_restart(const Config& first, const Config& next) {
  std::vector<std::string> keys;
  const auto compare = [&keys](bool is_same, const char* key) {
    if (!is_same) {
      keys.emplace_back(key);
    }
  };
  compare(first.listen == next.listen, "listen");
  compare(first.io_threads == next.io_threads, "ioThreads");
  Limits limits = next.limits;
  limits.json_body = first.limits.json_body;  // of each request by itself
  compare(first.limits == limits, "limits");
  compare(first.spool_dir == next.spool_dir, "spoolDir");
  compare(first.shutdown_timeout == next.shutdown_timeout, "shutdownTimeout");
  compare(first.log_level == next.log_level, "logLevel");
  compare(first.log_time_format == next.log_time_format, "logTimeFormat");
  compare(first.access_log == next.access_log, "accessLog");
  compare(first.recording.store_path == next.recording.store_path, "store.path");
  compare(first.log_to_stdout == next.log_to_stdout, "logToStdout");
  compare(first.log_file == next.log_file, "logFile");
  compare(first.recording.capture_megabytes == next.recording.capture_megabytes, "captureBuffer");
  return keys;
}

/// Of the parts that `counts`.
template <typename Part, typename Counts>
ChangedParts changes_of(const std::map<std::string, Part>& before,
                        const std::map<std::string, Part>& next, Counts counts) {
  ChangedParts changes;
  for (const auto& [id, part] : next) {
    if (counts(part)) {
      const auto old = before.find(id);
      const bool was_there = old != before.end() && counts(old->second);
      (!was_there            ? changes.added
       : old->second == part ? changes.kept
                             : changes.changed)
          .push_back(id);
    }
  }
  for (const auto& [id, part] : before) {
    if (counts(part) && !next.contains(id)) {
      changes.removed.push_back(id);
    }
  }
  return changes;
}

std::string listed(const char* what, const std::vector<std::string>& names) {
  return names.empty() ? std::string() : fmt::format("; {} {}", what, fmt::join(names, ", "));
}

std::string line_of(const ReloadReport& report) {
  const std::size_t kept = report.kept.size() + report.proxied.kept.size();
  return fmt::format("the new config is in force: {} model{} kept", kept, kept == 1 ? "" : "s") +
         listed("drained because they changed:", report.drained) + listed("added:", report.added) +
         listed("removed:", report.removed) + listed("added without cmd:", report.proxied.added) +
         listed("changed without cmd:", report.proxied.changed) +
         listed("removed without cmd:", report.proxied.removed) +
         listed("peers added:", report.peers.added) +
         listed("peers changed:", report.peers.changed) +
         listed("peers removed:", report.peers.removed);
}

}  // namespace

LiveConfig::LiveConfig(const Config& config, Options options)
    : options_(std::move(options)),
      config_(std::make_shared<const Config>(config)),
      first_(this->config()) {}

std::shared_ptr<const Config> LiveConfig::config() const {
  const MutexLock lock(mutex_);
  return config_;
}

std::optional<api::LastReload> LiveConfig::last_reload() const {
  const MutexLock lock(mutex_);
  return last_reload_;
}

void LiveConfig::tell(const ReloadReport& report) {
  {
    const MutexLock lock(mutex_);
    last_reload_ = {std::chrono::system_clock::now(), report};
  }
  options_.events.publish(ReloadReport(report));
}

Result<ReloadReport> LiveConfig::reload_from_source() {
  if (!options_.read) {
    return Error{ErrorCode::NotImplemented,
                 "the program that runs this gateway gave it no file to read its config from"};
  }
  const MutexLock lock(one_at_a_time_);
  CheckedConfig read = options_.read(*config());
  if (!read.config && read.errors.empty()) {
    return Error{ErrorCode::ShuttingDown, "the gateway is shutting down", std::chrono::seconds(1)};
  }
  if (!read.config) {
    const std::string all = fmt::format("{}", fmt::join(read.errors, "\n"));
    options_.log.error("the config in force stays, the new one is not valid: " + all);
    ReloadReport report;
    report.errors = std::move(read.errors);
    tell(report);
    return Error{ErrorCode::InvalidConfig, all};
  }
  return take(std::move(*read.config));
}

ReloadReport LiveConfig::reload(Config config) {
  const MutexLock lock(one_at_a_time_);
  return take(std::move(config));
}

ReloadReport LiveConfig::take(Config config) {
  auto next = std::make_shared<const Config>(std::move(config));
  ReloadReport report = options_.apply(*next);
  const std::shared_ptr<const Config> before = this->config();
  report.proxied = changes_of(before->models, next->models,
                              [](const ModelConfig& model) { return model.cmd.empty(); });
  report.peers = changes_of(before->peers, next->peers, [](const PeerConfig&) { return true; });
  report.warnings = next->warnings;
  const std::vector<std::string> waiting = waiting_for_restart(*first_, *next);
  report.needs_restart.insert(report.needs_restart.end(), waiting.begin(), waiting.end());
  {
    const MutexLock lock(mutex_);
    config_ = next;
  }
  for (const std::string& warning : report.warnings) {
    options_.log.warn(warning);
  }
  options_.log.info(line_of(report));
  if (!report.needs_restart.empty()) {
    options_.log.warn(fmt::format("these keys have changed and need a restart: {}",
                                  fmt::join(report.needs_restart, ", ")));
  }
  tell(report);
  return report;
}

}  // namespace llmsnap
