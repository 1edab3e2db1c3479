// What happens now: the stream of events, the requests in flight, and the end of one of them.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/call.h"
#include "api/event_stream.h"
#include "api/handlers.h"
#include "api/same_site.h"
#include "api/text_body.h"
#include "base/whole_number.h"
#include "live/in_flight_json.h"

namespace llmsnap::api {
namespace {

constexpr std::size_t MostListed = 10'000;

}  // namespace

Result<Answer> stream_events(Call& call) {
  Answer answer;
  answer.fields.push_back({"Content-Type", EventStreamText});
  answer.fields.push_back({"X-Accel-Buffering", "no"});
  answer.body = std::make_unique<EventStream>(
      call.services.events, call.services.queries,
      wire::value_of(call.request.head.fields, "Last-Event-ID"), call.request.stop_notice);
  return answer;
}

Result<Answer> list_in_flight(Call& call) {
  std::string json;
  call.services.queries.run([&json, &call] {
    json = live::snapshot_json(call.services.in_flight.list(MostListed), SteadyClock::now());
  });
  return text_answer(200, JsonText, std::move(json));
}

Result<Answer> cancel_in_flight(Call& call) {
  if (const Result<void> allowed = refuse_other_sites(call.request.head); !allowed) {
    return allowed.error();
  }
  const auto number = whole_number<std::uint64_t>(call.rest());
  if (!number || !call.services.in_flight.cancel(*number)) {
    return Error{ErrorCode::NotFound, "inflight request not found"};
  }
  return text_answer(200, JsonText, R"({"msg":"ok"})");
}

}  // namespace llmsnap::api
