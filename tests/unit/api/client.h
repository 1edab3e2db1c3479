// Client: sends requests to an Api as a front would, and reads the answers; its models are fakes.
// Thread rule: one test, one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/api.h"
#include "fake_exchange.h"
#include "llmsnap/router.h"
#include "log/log.h"
#include "route/selection.h"

namespace llmsnap::api::test {

/// A body that comes in pieces, and can break instead of ending.
class PiecewiseBody final : public BodySource {
 public:
  explicit PiecewiseBody(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}

  Result<std::string_view> pull() override;
  bool was_pulled() const { return next_ > 0; }

  std::optional<Error> broken;  ///< behind the pieces, instead of the end

 private:
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
};

/// Answers with what it was given, and counts.
class FakeReload final : public ConfigReload {
 public:
  std::shared_ptr<const Config> config() const override { return present; }
  std::optional<LastReload> last_reload() const override { return last; }
  Result<ReloadReport> reload_from_source() override {
    ++reloads;
    return answer;
  }

  std::shared_ptr<const Config> present = std::make_shared<const Config>();
  std::optional<LastReload> last;
  Result<ReloadReport> answer = ReloadReport();
  int reloads = 0;
};

/// Models, selections and statuses as a test puts them in.
class FakeModels final : public route::ModelService {
 public:
  void add(ModelConfig model);

  std::shared_ptr<const route::Model> find(std::string_view name) const override;
  std::shared_ptr<const route::Selection> selection(std::string_view name) const override;
  std::vector<std::shared_ptr<const route::Model>> list() const override;
  std::vector<std::shared_ptr<const route::Model>> leaving() const override { return {}; }
  bool is_ready(const route::Model& model) const override;
  std::optional<ModelStatus> status(const route::Model& model) const override;
  std::shared_ptr<OutputLog> output(const route::Model& model) const override;
  Result<void> load(const route::Model& model) override;
  void begin_load(const route::Model& model) override {
    operations.push_back("begin_load " + model.config.id);
  }
  Result<void> sleep(const route::Model&) override { return {}; }
  void keep_alive(const route::Model&, const schedule::KeepAlive&) override {}
  std::vector<ModelEvent> decisions() const override { return {}; }
  Result<void> unload(const std::vector<std::shared_ptr<const route::Model>>& unloaded) override;
  std::map<std::string, route::Selection, std::less<>> selections;
  std::map<std::string, ModelStatus> statuses;  ///< of those that have a process, by id
  std::map<std::string, std::shared_ptr<OutputLog>> outputs;  ///< of those, by id
  std::vector<std::string> operations;                        ///< "load m", "unload m", in order

  Result<std::unique_ptr<route::Lease>> acquire(const std::shared_ptr<const route::Model>& model,
                                                SteadyClock::time_point since,
                                                route::Waiter* waiter) override;
  Result<std::unique_ptr<route::Lease>> acquire_ready(
      const std::shared_ptr<const route::Model>& model, route::Counting counting) override;

  std::optional<Error> refusal;  ///< what acquire answers
  int leases = 0;

 private:
  std::map<std::string, std::shared_ptr<const route::Model>, std::less<>> models_;
};

struct Reply {
  int status = 0;
  NamedValues fields;
  std::string body;
  std::optional<std::uint64_t> length;
  std::optional<Error> broken;
  bool close = false;
  bool switched = false;
  bool pass_trailers = false;
  TrafficRecord record;

  /// The first value of that name, or empty.
  std::string field(std::string_view name) const;
  bool has(std::string_view name) const;
};

struct Sent {
  std::string method = "GET";
  std::string target = "/";
  NamedValues fields = {};
  std::string body = {};
  BodySource* source = nullptr;  ///< instead of body: sent chunked
};

/// Of a machine with one core and one GPU.
machine::MachineEyes fake_eyes();

class Client {
 public:
  /// Knows the models `m` and `org/name`, and the alias `other` of `m`.
  /// Its machine's hardware is what `detect` finds, or nothing, which is known already.
  explicit Client(Config config = {}, machine::HardwareDetection::Detect detect = {});

  Reply send(const Sent& sent);
  Reply get(std::string target, NamedValues fields = {});
  Reply post(std::string target, std::string body, NamedValues fields = {});

  bool to_loopback = true;
  std::string listen_name = "127.0.0.1";
  FakeModels models;
  FakeReload reload;
  EventBus bus;
  FakePool pool;
  Router router;
  SharedLogs logs;
  Log log;
  std::vector<std::string> log_lines;
  live::InFlight in_flight;
  Worker worker;
  live::EventFeed events{worker, logs, in_flight, {}};
  capture::CaptureStore captures{worker, 1'000'000};
  metrics::TrafficFamilies traffic;
  std::vector<TrafficRecord> handed_on;
  machine::MachineMonitor monitor;
  machine::HardwareDetection hardware;

 private:
  const Config config_;

 public:
  store::ActivityStore activity;
  Api api;
};

}  // namespace llmsnap::api::test
