// What is seen of the machine: its load of the last hour, and what it is.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/call.h"
#include "api/handlers.h"
#include "api/query_parameters.h"
#include "api/text_body.h"
#include "base/body_source.h"
#include "base/timestamp.h"
#include "machine/samples_json.h"

namespace llmsnap::api {
namespace {

constexpr int Disabled = 503;

/// Nothing where the query has none.
Result<std::optional<machine::WallTime>> moment_after(std::string_view query) {
  const QueryParameters parameters(query);
  std::string text(parameters.first("after"));
  if (text.empty()) {
    return std::optional<machine::WallTime>();
  }
  // A plus sign that was not escaped: nothing else can stand there.
  constexpr std::size_t Date = std::string_view("2026-01-31T").size();
  std::replace(text.begin() + static_cast<std::ptrdiff_t>(std::min(Date, text.size())), text.end(),
               ' ', '+');
  const auto moment = parsed_timestamp(text);
  if (!moment) {
    return Error{ErrorCode::BadRequest, "invalid 'after' timestamp, use RFC3339 format"};
  }
  return moment;
}

class PerformanceBody final : public BodySource {
 public:
  explicit PerformanceBody(std::vector<machine::SharedSample> samples)
      : text_(std::move(samples)) {}
  Result<std::string_view> pull() override { return std::string_view(text_.next()); }
  bool ready() const override { return true; }

 private:
  machine::PerformanceText text_;
};

}  // namespace

Result<Answer> show_performance(Call& call) {
  const machine::MachineMonitor& monitor = call.services.machine.monitor;
  if (!monitor.enabled()) {
    return text_answer(Disabled, JsonText, R"({"enabled":false})");
  }
  const auto after = moment_after(call.request.head.query);
  if (!after) {
    return after.error();
  }
  Answer answer;
  answer.fields.push_back({"Content-Type", JsonText});
  answer.body = std::make_unique<PerformanceBody>(monitor.samples(*after));
  return answer;
}

Result<Answer> show_hardware(Call& call) {
  const auto json = call.services.machine.hardware.json();
  if (json == nullptr) {
    return Error{ErrorCode::Unavailable, "hardware detection unavailable", std::chrono::seconds(1)};
  }
  return text_answer(200, JsonText, *json);
}

}  // namespace llmsnap::api
