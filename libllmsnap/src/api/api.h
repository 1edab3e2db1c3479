// Api: answers one request: what may be refused from its head is, then its body is read, then its
// route handles it. Thread rule: handle from any loop's fibers, many at once; it may suspend the
// calling fiber.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "api/answer.h"
#include "api/call.h"
#include "api/request_id.h"
#include "api/settings.h"
#include "llmsnap/build_version.h"
#include "llmsnap/config.h"
#include "llmsnap/result.h"
#include "machine/machine_watch.h"
#include "route/model_service.h"

namespace llmsnap {
class EventBus;
class Log;
class Router;
}  // namespace llmsnap

namespace llmsnap::api {

/// Bytes of a path that a record keeps.
inline constexpr std::size_t RecordedPath = 2048;

/// What an Api works with.
struct Surroundings {
  route::ModelService& models;
  const Router& router;
  SharedLogs& logs;
  Log& log;
  machine::MachineWatch machine;
  ConfigReload& reload;
  EventBus& bus;
  BuildVersion build;
  live::InFlight& in_flight;
  live::EventFeed& events;
  capture::CaptureStore& captures;
  store::ActivityStore& activity;
  const metrics::TrafficFamilies& traffic;
  std::function<void(TrafficRecord&&)> hand_on;  ///< the record of a request that ended
};

class Api {
 public:
  /// All must outlive this, and this must outlive every answer's body.
  Api(const Config& config, const Surroundings& around);

  /// Requests that come from now on are answered under it, but for limits.bodiesInFlight, .spool
  /// and .uploadBody and spoolDir, which stay.
  void change_settings(const Config& config) {
    settings_.replace(config);
    services_.profiles.replace(config.profiles);
  }

  const route::Profiles& profiles() const { return services_.profiles; }

  /// Always answers. Fills what it knows into request.record, which lives on until the answer is
  /// dropped.
  Answer handle(Request& request);

  /// The answer to a request whose own answer broke before its head had left. Sets the record anew.
  Answer fail(const Error& error, Request& request);

  /// The answer to what could not become a Request: a head that was refused, too many connections.
  /// Fills id, outcome, status and error of `record`.
  Answer refuse(const Error& error, TrafficRecord& record);

  /// Ends the threads for blocking work, which report to the loops: call it once no request is left
  /// on them, and before they go.
  void stop() {
    services_.queries.stop();
    services_.reloads.stop();
    services_.disk.stop();
  }

  /// Bytes of request bodies that are held now.
  std::uint64_t body_bytes_in_memory() const { return services_.memory.used(); }
  std::uint64_t body_bytes_in_files() const { return services_.files.used(); }

 private:
  void begin_record(Request& request);
  Result<Answer> answer(Request& request);
  Answer answer_error(const Error& error, Request& request);
  Result<Answer> serve(Request& request, const Route& route, const Settings& settings);

  Log& log_;
  PresentSettings settings_;
  RequestIds ids_;
  Services services_;
};

}  // namespace llmsnap::api
