#include "api/activity_stream.h"

#include <utility>

#include "api/activity_text.h"

namespace llmsnap::api {
namespace {

constexpr std::int64_t RowsAtOnce = 200;

}  // namespace

Result<std::string_view> ActivityStream::pull() {
  if (has_ended_) {
    return std::string_view();
  }
  auto text = ask_activity<std::string>(
      services_, [this](store::ActivityStore& activity) { return page(activity); });
  if (!text) {
    return text.error();
  }
  text_ = std::move(*text);
  return std::string_view(text_);
}

/// Never empty but behind the end.
Result<std::string> ActivityStream::page(store::ActivityStore& activity) {
  const auto rows = activity.from(next_, filter_, RowsAtOnce);
  if (!rows) {
    return rows.error();
  }
  std::string text;
  if (!std::exchange(has_begun_, true)) {
    text = form_ == RowForm::Csv ? csv_header() : "[";
  }
  for (const store::ActivityRow& row : *rows) {
    if (!std::exchange(is_first_row_, false) && form_ != RowForm::Csv) {
      text += ',';
    }
    append(row, text);
    next_ = static_cast<std::int64_t>(row.id) + 1;
  }
  if (rows->size() < static_cast<std::size_t>(RowsAtOnce)) {
    has_ended_ = true;
    text += form_ == RowForm::Csv ? "" : "]\n";
  }
  return text;
}

void ActivityStream::append(const store::ActivityRow& row, std::string& out) const {
  switch (form_) {
    case RowForm::Activity:
      return append_activity_json(row, services_.captures.has(row.id), out);
    case RowForm::Metrics:
      return append_metrics_json(row, services_.captures.has(row.id), out);
    case RowForm::Csv:
      return append_csv_line(row, out);
  }
}

}  // namespace llmsnap::api
