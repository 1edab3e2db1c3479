// A captured request, sent again: to the same model or another, and both answers side by side.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "api/breather.h"
#include "api/call.h"
#include "api/caller_rules.h"
#include "api/capture_json.h"
#include "api/captured.h"
#include "api/error_reply.h"
#include "api/handlers.h"
#include "api/outcome_of_break.h"
#include "api/request_body.h"
#include "api/same_site.h"
#include "api/text_body.h"
#include "base/ascii.h"
#include "base/escape.h"
#include "capture/redact.h"
#include "route/json_scan.h"
#include "route/json_string.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

/// What is asked for is a name.
constexpr std::size_t LongestWish = std::size_t{64} * 1024;

/// What is said of the sender, its connection and its credentials is not sent again.
bool is_sent_again(std::string_view name) {
  constexpr std::array<std::string_view, 4> Kept{"Accept", "Accept-Language", "Anthropic-Version",
                                                 "Anthropic-Beta"};
  return std::any_of(Kept.begin(), Kept.end(),
                     [name](std::string_view kept) { return wire::same_name(kept, name); });
}

bool is_empty_object(std::string_view json) {
  std::string_view inside = ascii::trimmed(json, ascii::is_space);
  inside.remove_prefix(std::min<std::size_t>(inside.size(), 1));
  return ascii::trimmed(inside, ascii::is_space) == "}";
}

/// The model that the replay is for; empty: the same.
Result<std::string> wanted_model(Call& call) {
  const auto text = read_json(call);
  if (!text) {
    return text.error();
  }
  if (text->bytes.empty()) {
    return std::string();
  }
  if (text->bytes.size() > LongestWish) {
    return Error{ErrorCode::BodyTooLarge, "invalid replay request: it is too long"};
  }
  const auto facts = route::scan_json_body(text->bytes, Breather::breathe);
  if (!facts) {
    return facts.error();
  }
  if (!facts->model && !is_empty_object(text->bytes.view())) {
    return Error{ErrorCode::BadRequest,
                 "invalid replay request: it is {\"model\": \"...\"}, or {} for the same model"};
  }
  return facts->model.value_or("");
}

/// Why it cannot be sent again; nothing: it can.
std::optional<std::string> obstacle(const TrafficCapture& capture, const Route* route) {
  if (route == nullptr || route->handler != serve_inference) {
    return fmt::format("requests to {} are not sent again: their body is no JSON",
                       escaped(capture.path));
  }
  if (capture.is_redacted) {
    return "the request's body held a secret, which was not kept";
  }
  if (capture.request.is_truncated()) {
    return fmt::format("of the request's body {} of {} bytes were kept",
                       capture.request.bytes.size(), capture.request.size);
  }
  return std::nullopt;
}

/// The captured body, with another model in it.
Result<std::string> body_for(const TrafficCapture& capture, const std::string& model) {
  const PaddedBytes bytes(capture.request.bytes);
  const auto facts = route::scan_json_body(bytes, Breather::breathe);
  if (!facts) {
    return facts.error();
  }
  std::string body = capture.request.bytes;
  if (!model.empty() && facts->model) {
    body.replace(facts->model_begin, facts->model_end - facts->model_begin,
                 route::json_string(model));
  }
  return body;
}

/// A request of our own, with all that it points to.
class SecondRequest {
 public:
  SecondRequest(const Call& call, const Captured& captured, std::string body)
      : length_(std::to_string(body.size())), body_(std::move(body)) {
    head_.method = "POST";
    head_.target = head_.path = captured.capture.path;
    head_.host = call.request.head.host;
    head_.framing = wire::Framing::Length;
    head_.content_length = *body_.length();
    head_.fields = {
        {"Host", head_.host}, {"Content-Type", "application/json"}, {"Content-Length", length_}};
    for (const auto& [name, value] : captured.capture.request_fields) {
      if (is_sent_again(name)) {
        head_.fields.push_back({name, value});
      }
    }
    request_.emplace(Request{.head = head_,
                             .body = &body_,
                             .client_address = call.request.client_address,
                             .pool = call.request.pool,
                             .stop_notice = call.request.stop_notice});
    TrafficRecord& record = request_->record;
    record.id = call.request.record.id + "-replay";
    record.client = call.request.record.client;
    record.key_name = call.request.record.key_name;
    record.user_agent = call.request.record.user_agent;
    record.method = head_.method;
    record.path = captured.capture.path;
    record.received_at = std::chrono::system_clock::now();
    record.received = SteadyClock::now();
    record.request_bytes = head_.content_length;
  }

  Request& request() { return *request_; }

 private:
  const std::string length_;
  TextBody body_;
  wire::RequestHead head_;
  std::optional<Request> request_;
};

struct Second {
  std::string request_id;
  int status = 0;
  std::optional<Error> error;                     ///< why it broke, or did not begin
  std::shared_ptr<const TrafficCapture> capture;  ///< null: there was no room for it
};

/// To its end; why it has none.
std::optional<Error> pull_all(Answer& answer) {
  while (answer.body != nullptr) {
    const auto piece = answer.body->pull();
    if (!piece) {
      return piece.error();
    }
    if (piece->empty()) {
      break;
    }
  }
  return std::nullopt;
}

Second sent_again(const Call& call, const Route& route, Request& request) {
  Call second{call.services, call.settings, route, request};
  Second told;
  told.request_id = request.record.id;
  {
    auto answer = route.handler(second);
    if (answer) {
      told.status = answer->status;
      told.error = pull_all(*answer);
    } else {
      told.error = answer.error();
      const Answer given = error_answer(*told.error, request.head.path, {}, request.record.id);
      told.status = given.status;
      const Outcome outcome = outcome_of_break(told.error->code);
      if (outcome == Outcome::ClientLeft) {
        request.capture.broke();  // nobody gets it
      } else {
        request.capture.failed(given);
      }
      request.record.outcome = outcome == Outcome::UpstreamBroke ? Outcome::Refused : outcome;
      request.record.error = told.error->message;
    }
  }  // what the answer says of its model's key is hidden with its end
  request.record.status = told.status;
  told.capture = request.record.capture;
  return told;
}

std::string side_by_side(const Captured& first, const Second& second,
                         SteadyClock::duration duration) {
  TrafficCapture shown;
  if (second.capture) {
    shown = capture::redacted(*second.capture);
  } else {
    shown.request_id = second.request_id;
    shown.method = first.capture.method;
    shown.path = first.capture.path;
  }
  shown.status = second.status;
  Json both = {{"capture", Json::parse(capture_json(first.id, first.capture))},
               {"replay", Json::parse(capture_json(first.id, shown))}};
  Json& replay = both["replay"];
  replay.erase("id");
  replay["duration_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  if (second.error) {
    replay["error"] = second.error->message;
  } else if (!second.capture) {
    replay["error"] = "there was no room to keep the answer: see captureBuffer";
  }
  return both.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<Answer> replay_capture(Call& call) {
  if (const Result<void> allowed = refuse_other_sites(call.request.head); !allowed) {
    return allowed.error();
  }
  const auto found = captured(call);
  if (!found) {
    return found.error();
  }
  const auto model = wanted_model(call);
  if (!model) {
    return model.error();
  }
  const Route* const route = find_route("POST", found->capture.path).route;
  if (const auto why = obstacle(found->capture, route)) {
    return Error{ErrorCode::Conflict,
                 fmt::format("capture {} cannot be sent again: {}", found->id, *why)};
  }
  if (auto allowed = check_caller(call, route->role); !allowed) {
    return allowed.error();
  }
  auto body = body_for(found->capture, *model);
  if (!body) {
    return body.error();
  }
  SecondRequest again(call, *found, std::move(*body));
  const Second second = sent_again(call, *route, again.request());
  TrafficRecord record = std::move(again.request().record);
  record.finished = SteadyClock::now();
  const auto duration = record.finished - record.received;
  call.services.hand_on(std::move(record));

  std::string text;
  const auto written = call.services.queries.run_while_wanted(
      [&text, &found, &second, duration] { text = side_by_side(*found, second, duration); });
  if (!written) {
    return written.error();
  }
  return text_answer(200, JsonText, std::move(text));
}

}  // namespace llmsnap::api
