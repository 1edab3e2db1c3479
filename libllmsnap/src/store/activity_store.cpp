#include "store/activity_store.h"

#include <utility>

#include "store/connection.h"
#include "store/schema.h"

namespace llmsnap::store {
namespace {

template <typename Answer, typename Ask>
Result<Answer> ask_with(Connection& connection, const std::vector<KeptRow>& unwritten,
                        const Ask& ask_view) {
  ActivityView view(connection);
  if (const auto added = view.add(unwritten); !added) {
    return added.error();
  }
  return ask_view(view);
}

/// The rows that wait, and no others.
template <typename Answer, typename Ask>
Result<Answer> ask_unwritten(const std::vector<KeptRow>& unwritten, const Ask& ask_view) {
  auto connection = Connection::in_memory();
  if (!connection) {
    return connection.error();
  }
  if (const auto made = migrate(*connection); !made) {
    return made.error();
  }
  return ask_with<Answer>(*connection, unwritten, ask_view);
}

}  // namespace

std::optional<std::uint64_t> ActivityStore::observe(const TrafficRecord& record) {
  const auto row = std::make_shared<ActivityRow>(row_of(record));
  if (!writer_.add(row)) {
    return std::nullopt;
  }
  subscribers_.deliver(row.get());
  return row->id;
}

Subscription ActivityStore::on_row(std::function<void(const ActivityRow&)> subscriber) {
  return subscribers_.add([subscriber = std::move(subscriber)](const void* row) {
    subscriber(*static_cast<const ActivityRow*>(row));
  });
}

template <typename Answer, typename Ask>
Result<Answer> ActivityStore::ask(const Ask& ask_view) {
  if (writer_.is_in_memory()) {
    Result<Answer> answer = Error{ErrorCode::System, "there is no memory for the activity"};
    writer_.read_memory([&answer, &ask_view](Connection& connection) {
      ActivityView view(connection);
      answer = ask_view(view);
    });
    return answer;
  }
  writer_.wait_for_file();
  const std::vector<KeptRow> unwritten = writer_.unwritten();
  auto connection = Connection::to_read(writer_.path());
  auto answer = connection ? ask_with<Answer>(*connection, unwritten, ask_view)
                           : Result<Answer>(connection.error());
  return answer || !writer_.fault() ? std::move(answer)
                                    : ask_unwritten<Answer>(unwritten, ask_view);
}

Result<ActivityPage> ActivityStore::page(const PageRequest& request) {
  return ask<ActivityPage>([&request](ActivityView& view) { return view.page(request); });
}

Result<ActivityStats> ActivityStore::stats(const std::string& model) {
  return ask<ActivityStats>([&model](ActivityView& view) { return view.stats(model); });
}

Result<std::vector<ActivityRow>> ActivityStore::from(std::int64_t id, const ActivityFilter& filter,
                                                     std::int64_t limit) {
  return ask<std::vector<ActivityRow>>(
      [id, &filter, limit](ActivityView& view) { return view.from(id, filter, limit); });
}

Result<std::int64_t> ActivityStore::first_of_last(std::int64_t count) {
  return ask<std::int64_t>([count](ActivityView& view) { return view.first_of_last(count); });
}

}  // namespace llmsnap::store
