// What the gateway and its models have printed, at once and as it goes on.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "api/call.h"
#include "api/handlers.h"
#include "api/log_stream.h"
#include "api/text_body.h"
#include "base/ascii.h"
#include "route/query_model.h"
#include "route/upstream_path.h"

namespace llmsnap::api {
namespace {

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

Answer stream_of(Call& call, std::shared_ptr<OutputLog> log) {
  const bool history = !route::query_has(call.request.head.target, "no-history");
  Answer answer;
  answer.fields.push_back({"Content-Type", PlainText});
  answer.fields.push_back({"X-Accel-Buffering", "no"});
  const std::uint64_t begin = history ? 0 : log->end();
  answer.body = std::make_unique<LogStream>(std::move(log), begin, call.request.stop_notice);
  return answer;
}

}  // namespace

Result<Answer> show_log(Call& call) {
  const wire::Field* const accept = wire::find_field(call.request.head.fields, "Accept");
  if (accept != nullptr && ascii::contains_ignoring_case(accept->value, "text/html")) {
    auto answer = text_answer(302, PlainText, {});
    answer.fields.push_back({"Location", "/ui/"});
    return answer;
  }
  return text_answer(200, PlainText, call.services.logs.combined.snapshot());
}

Result<Answer> stream_log(Call& call) {
  return stream_of(call, unowned(call.services.logs.combined));
}

Result<Answer> stream_one_log(Call& call) {
  const std::string_view name = call.request.head.path.substr(call.route.path.size());
  if (name == "proxy") {
    return stream_of(call, unowned(call.services.logs.gateway));
  }
  if (name == "upstream") {
    return stream_of(call, unowned(call.services.logs.models));
  }
  auto log = log_of_model(call, name);
  return log ? Result<Answer>(stream_of(call, std::move(*log))) : log.error();
}

}  // namespace llmsnap::api
