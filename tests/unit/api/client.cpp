#include "client.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/stop_notice.h"
#include "catch.h"
#include "wire/request_head.h"

namespace llmsnap::api::test {
namespace {

class FakeLease final : public route::Lease {
 public:
  FakeLease(std::shared_ptr<const route::Model> model, int& leases)
      : model_(std::move(model)), leases_(leases) {
    ++leases_;
  }
  ~FakeLease() override { --leases_; }
  const route::Model& model() const override { return *model_; }

 private:
  std::shared_ptr<const route::Model> model_;
  int& leases_;
};

std::string head_text(const Sent& sent) {
  auto text = fmt::format("{} {} HTTP/1.1\r\n", sent.method, sent.target);
  bool has_host = false;
  for (const auto& [name, value] : sent.fields) {
    has_host = has_host || wire::same_name(name, "Host");
    text += fmt::format("{}: {}\r\n", name, value);
  }
  if (!has_host) {
    text += "Host: localhost:8080\r\n";
  }
  if (sent.source != nullptr) {
    text += "Transfer-Encoding: chunked\r\n";
  } else if (!sent.body.empty()) {
    text += fmt::format("Content-Length: {}\r\n", sent.body.size());
  }
  return text + "\r\n";
}

void drain(Answer& answer, Reply& reply) {
  while (answer.body != nullptr && !answer.switched) {
    const auto piece = answer.body->pull();
    if (!piece) {
      reply.broken = piece.error();
      return;
    }
    if (piece->empty()) {
      return;
    }
    reply.body += *piece;
  }
}

ModelConfig model_named(std::string id) {
  ModelConfig model;
  model.id = std::move(id);
  model.proxy = "http://127.0.0.1:9001";
  return model;
}

}  // namespace

Result<std::string_view> PiecewiseBody::pull() {
  if (next_ < pieces_.size()) {
    return std::string_view(pieces_[next_++]);
  }
  if (broken) {
    return *broken;
  }
  return std::string_view();
}

void FakeModels::add(ModelConfig model) {
  auto url = parse_url(model.proxy);
  REQUIRE(url);
  auto id = model.id;
  models_[id] = std::make_shared<route::Model>(route::Model{std::move(model), *url});
}

std::shared_ptr<const route::Model> FakeModels::find(std::string_view name) const {
  for (const auto& [id, model] : models_) {
    const auto& aliases = model->config.aliases;
    if (id == name || std::find(aliases.begin(), aliases.end(), name) != aliases.end()) {
      return model;
    }
  }
  return nullptr;
}

std::shared_ptr<const route::Selection> FakeModels::selection(std::string_view name) const {
  const auto found = selections.find(name);
  return found == selections.end() ? nullptr
                                   : std::make_shared<const route::Selection>(found->second);
}

std::vector<std::shared_ptr<const route::Model>> FakeModels::list() const {
  std::vector<std::shared_ptr<const route::Model>> all;
  for (const auto& [id, model] : models_) {
    all.push_back(model);
  }
  return all;
}

bool FakeModels::is_ready(const route::Model& model) const {
  return model.config.id == "m";
}

std::optional<ModelStatus> FakeModels::status(const route::Model& model) const {
  const auto found = statuses.find(model.config.id);
  return found == statuses.end() ? std::nullopt : std::optional(found->second);
}

std::shared_ptr<OutputLog> FakeModels::output(const route::Model& model) const {
  const auto found = outputs.find(model.config.id);
  return found == outputs.end() ? nullptr : found->second;
}

Result<void> FakeModels::load(const route::Model& model) {
  operations.push_back("load " + model.config.id);
  return {};
}

Result<void> FakeModels::unload(const std::vector<std::shared_ptr<const route::Model>>& unloaded) {
  for (const auto& model : unloaded) {
    operations.push_back("unload " + model->config.id);
  }
  return {};
}

Result<std::unique_ptr<route::Lease>> FakeModels::acquire(
    const std::shared_ptr<const route::Model>& model, SteadyClock::time_point, route::Waiter*) {
  if (refusal) {
    return *refusal;
  }
  return std::unique_ptr<route::Lease>(std::make_unique<FakeLease>(model, leases));
}

Result<std::unique_ptr<route::Lease>> FakeModels::acquire_ready(
    const std::shared_ptr<const route::Model>& model, route::Counting) {
  return is_ready(*model) ? acquire(model, {}, nullptr) : std::unique_ptr<route::Lease>();
}

std::string Reply::field(std::string_view name) const {
  for (const auto& [field_name, value] : fields) {
    if (wire::same_name(field_name, name)) {
      return value;
    }
  }
  return {};
}

bool Reply::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(),
                     [name](const auto& field) { return wire::same_name(field.first, name); });
}

machine::MachineEyes fake_eyes() {
  machine::MachineEyes eyes;
  eyes.begin = [] {};
  eyes.system = [] {
    machine::SystemSample sample;
    sample.cpu_percent = {12.5};
    return sample;
  };
  eyes.models = [] { return std::vector<machine::ModelMemory>{{"m", 3U << 20}}; };
  eyes.gpus = [](std::chrono::milliseconds) {
    return [] {
      std::vector<machine::GpuSample> gpus(1);
      gpus[0].name = "RTX";
      gpus[0].busy_percent = 50;
      return gpus;
    };
  };
  return eyes;
}

Client::Client(Config config, machine::HardwareDetection::Detect detect)
    : log([this](LogLevel, std::string_view line) { log_lines.emplace_back(line); }),
      monitor(config.recording, fake_eyes()),
      hardware(detect ? detect : [](Deadline, const UniqueFd&) { return machine::Hardware(); }),
      config_(std::move(config)),
      activity({}, log),
      api(config_,
          {.models = models,
           .router = router,
           .logs = logs,
           .log = log,
           .machine = {monitor, hardware},
           .reload = reload,
           .bus = bus,
           .build = {.version = "0.9-canary", .commit = "abc", .build_date = "2026-11-29"},
           .in_flight = in_flight,
           .events = events,
           .captures = captures,
           .activity = activity,
           .traffic = traffic,
           .hand_on = [this](TrafficRecord&& record) { handed_on.push_back(std::move(record)); }}) {
  hardware.wait(detect ? SteadyClock::now()
                       : SteadyClock::now() + machine::HardwareDetection::Patience);
  auto m = model_named("m");
  m.aliases = {"other"};
  models.add(std::move(m));
  models.add(model_named("org/name"));
}

Reply Client::send(const Sent& sent) {
  const auto text = head_text(sent);
  wire::RequestHead head;
  const wire::HeadLimits limits{.head = 64 * 1024, .target = 8 * 1024, .fields = 100};
  const auto parsed = wire::parse_request_head(text, limits, head);
  INFO((parsed ? "" : parsed.error().message));
  REQUIRE(parsed);
  PiecewiseBody whole({sent.body});
  BodySource* body = sent.source;
  if (body == nullptr && !sent.body.empty()) {
    body = &whole;
  }
  StopNotice stopped;
  stopped.give();  // answers without an end end with what there is
  Request request{.head = head,
                  .body = body,
                  .client_address = "192.0.2.7",
                  .listen_name = listen_name,
                  .to_loopback = to_loopback,
                  .can_upgrade = true,
                  .pool = pool,
                  .stop_notice = &stopped,
                  .record = {}};
  Reply reply;
  {
    auto answer = api.handle(request);
    reply.status = answer.status;
    reply.length = answer.length;
    reply.close = answer.close;
    reply.switched = answer.switched;
    reply.pass_trailers = answer.pass_trailers;
    for (const auto& field : answer.fields) {
      reply.fields.emplace_back(field.name, field.value);
    }
    drain(answer, reply);
  }
  reply.record = std::move(request.record);
  return reply;
}

Reply Client::get(std::string target, NamedValues fields) {
  return send({.target = std::move(target), .fields = std::move(fields), .body = {}});
}

Reply Client::post(std::string target, std::string body, NamedValues fields) {
  return send({.method = "POST",
               .target = std::move(target),
               .fields = std::move(fields),
               .body = std::move(body)});
}

}  // namespace llmsnap::api::test
