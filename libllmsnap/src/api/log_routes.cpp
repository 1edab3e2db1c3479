// What the gateway and its models have printed, at once and as it goes on.
#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/call.h"
#include "api/handlers.h"
#include "api/line_filter.h"
#include "api/log_stream.h"
#include "api/query_parameters.h"
#include "api/text_body.h"
#include "base/ascii.h"
#include "route/query_model.h"
#include "route/upstream_path.h"

namespace llmsnap::api {
namespace {

/// Whose lines have levels.
enum class Levels { Ours, None };

/// What `?level=` and `?filter=` ask for.
Result<LineFilter> filter_of(const Call& call, Levels levels) {
  const QueryParameters query(call.request.head.query);
  const std::string text(query.first("filter"));
  const std::string_view level = query.first("level");
  if (level.empty()) {
    return LineFilter(std::nullopt, text);
  }
  if (levels == Levels::None) {
    return Error{ErrorCode::BadRequest,
                 "what models print has no levels: only the gateway's own lines have, at "
                 "/logs/stream/proxy"};
  }
  const std::optional<LogLevel> least = log_level_named(level);
  return least ? Result<LineFilter>(LineFilter(least, text))
               : Error{ErrorCode::BadRequest, "expected a level: debug, info, warn or error"};
}

Result<std::shared_ptr<OutputLog>> log_of_model(const Call& call, std::string_view path) {
  const route::ModelService& models = call.services.forwarding.models;
  const auto model = route::find_model_at(path, models);
  if (model == nullptr) {
    return Error{ErrorCode::BadRequest, "invalid logger. Use 'proxy', 'upstream' or a model's ID"};
  }
  call.request.record.model = model->config.id;
  auto output = models.output(*model);
  if (output == nullptr) {
    return Error{ErrorCode::NotFound,
                 fmt::format("no log of {}: it has no cmd, its server is not ours and prints "
                             "elsewhere",
                             model->config.id)};
  }
  return output;
}

/// Of a log that outlives all answers.
std::shared_ptr<OutputLog> unowned(OutputLog& log) {
  return {std::shared_ptr<OutputLog>(), &log};
}

Result<Answer> stream_of(Call& call, std::shared_ptr<OutputLog> log, Levels levels) {
  auto filter = filter_of(call, levels);
  if (!filter) {
    return filter.error();
  }
  const bool history = QueryParameters(call.request.head.query).all("no-history").empty();
  Answer answer;
  answer.fields.push_back({"Content-Type", PlainText});
  answer.fields.push_back({"X-Accel-Buffering", "no"});
  const std::uint64_t begin = history ? 0 : log->end();
  answer.body = std::make_unique<LogStream>(std::move(log), begin, std::move(*filter),
                                            call.request.stop_notice);
  return answer;
}

}  // namespace

Result<Answer> show_log(Call& call) {
  if (ascii::contains_ignoring_case(wire::value_of(call.request.head.fields, "Accept"),
                                    "text/html")) {
    auto answer = text_answer(302, PlainText, {});
    answer.fields.push_back({"Location", "/ui/"});
    return answer;
  }
  auto filter = filter_of(call, Levels::Ours);
  if (!filter) {
    return filter.error();
  }
  return text_answer(200, PlainText, filter->passed(call.services.logs.combined.snapshot()));
}

Result<Answer> stream_log(Call& call) {
  return stream_of(call, unowned(call.services.logs.combined), Levels::Ours);
}

Result<Answer> stream_one_log(Call& call) {
  const std::string_view name = call.rest();
  if (name == "proxy") {
    return stream_of(call, unowned(call.services.logs.gateway), Levels::Ours);
  }
  if (name == "upstream") {
    return stream_of(call, unowned(call.services.logs.models), Levels::None);
  }
  auto log = log_of_model(call, name);
  return log ? stream_of(call, std::move(*log), Levels::None) : log.error();
}

}  // namespace llmsnap::api
