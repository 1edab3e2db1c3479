// ActivityStream: the body of an answer with many rows: read page by page as the client takes them,
// in one of three forms. Thread rule: belongs to the request's fiber.
#pragma once

#include <cstdint>
#include <new>
#include <string>
#include <string_view>

#include "api/call.h"
#include "base/body_source.h"
#include "store/activity_queries.h"

namespace llmsnap::api {

/// What `ask` gives, on the thread for queries; the fiber waits, until its client leaves.
template <typename Answer, typename Ask>
Result<Answer> ask_activity(Services& services, const Ask& ask) {
  Result<Answer> answer = Error{ErrorCode::Unavailable, "no memory is left"};
  const auto asked = services.queries.run_while_wanted([&services, &answer, &ask] {
    try {
      answer = ask(services.activity);
    } catch (const std::bad_alloc&) {
      // The answer says so already: its words need memory too.
    }
  });
  if (!asked) {
    return asked.error();
  }
  return answer;
}

enum class RowForm { Activity, Metrics, Csv };

class ActivityStream final : public BodySource {
 public:
  /// From the row with the id `first` on, in the order of ids. The services outlive this.
  ActivityStream(Services& services, store::ActivityFilter filter, std::int64_t first, RowForm form)
      : services_(services), filter_(std::move(filter)), next_(first), form_(form) {}

  Result<std::string_view> pull() override;

 private:
  Result<std::string> page(store::ActivityStore& activity);
  void append(const store::ActivityRow& row, std::string& out) const;

  Services& services_;
  const store::ActivityFilter filter_;
  std::int64_t next_;  // the id of the first row of the next page
  const RowForm form_;
  bool has_begun_ = false;
  bool is_first_row_ = true;
  bool has_ended_ = false;
  std::string text_;
};

}  // namespace llmsnap::api
