#include "store/row_queue.h"

#include "catch.h"
#include "records.h"

namespace llmsnap::store {
namespace {

using Full = RowQueue::Full;

KeptRow row_with(std::uint64_t id) {
  ActivityRow row;
  row.id = id;
  row.input_tokens = 3;
  row.output_tokens = 4;
  return std::make_shared<const ActivityRow>(std::move(row));
}

std::vector<std::uint64_t> ids_of(const RowQueue& queue) {
  std::vector<std::uint64_t> ids;
  for (const KeptRow& row : queue.rows()) {
    ids.push_back(row->id);
  }
  return ids;
}

TEST_CASE("a full queue drops the new row or the oldest one and counts it, or forgets the oldest",
          "[store]") {
  struct Case {
    Full full;
    bool is_taken;
    std::vector<std::uint64_t> left;
    std::uint64_t dropped;
  };
  for (const Case& c :
       {Case{Full::DropNew, false, {1, 2}, 1}, Case{Full::DropOldest, true, {2, 3}, 1},
        Case{Full::ForgetOldest, true, {2, 3}, 0}}) {
    RowQueue queue;
    CHECK(queue.add(row_with(1), 2, c.full));
    CHECK(queue.add(row_with(2), 2, c.full));
    CHECK(queue.add(row_with(3), 2, c.full) == c.is_taken);
    CHECK(ids_of(queue) == c.left);
    CHECK(queue.dropped().requests == c.dropped);
    CHECK(queue.dropped().input_tokens == 3 * c.dropped);
    CHECK(queue.dropped().output_tokens == 4 * c.dropped);
  }
}

TEST_CASE("a queue whose room has shrunk forgets as many as do not fit", "[store]") {
  RowQueue queue;
  for (std::uint64_t id = 1; id <= 5; ++id) {
    queue.add(row_with(id), 5, Full::ForgetOldest);
  }
  queue.add(row_with(6), 2, Full::ForgetOldest);
  CHECK(ids_of(queue) == std::vector<std::uint64_t>{5, 6});
}

TEST_CASE("what was taken out and put back stands where it stood", "[store]") {
  RowQueue queue;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    queue.add(row_with(id), 10, Full::DropNew);
  }
  const auto taken = queue.take(2);
  CHECK(ids_of(queue) == std::vector<std::uint64_t>{3});
  queue.put_back(taken);
  CHECK(ids_of(queue) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(queue.take(10).size() == 3);
  CHECK(queue.empty());
}

}  // namespace
}  // namespace llmsnap::store
