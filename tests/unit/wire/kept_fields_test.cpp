#include "wire/kept_fields.h"

#include <array>

#include "catch.h"

namespace llmsnap::wire {
namespace {

TEST_CASE("fields that are kept outlive the bytes they came from, in their order", "[wire]") {
  std::string bytes = "AcceptX-Empty*/*";
  const std::string_view view = bytes;
  const Fields fields{{view.substr(0, 6), view.substr(13)}, {view.substr(6, 7), {}}};
  const KeptFields kept(fields);
  bytes.assign(bytes.size(), '!');
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [name, value] : kept) {
    found.emplace_back(name, value);
  }
  CHECK(found == decltype(found){{"Accept", "*/*"}, {"X-Empty", ""}});
  CHECK(kept == KeptFields{{"Accept", "*/*"}, {"X-Empty", ""}});
  CHECK(kept.value_of("ACCEPT") == "*/*");
  CHECK(kept.value_of("none").empty());
}

TEST_CASE("a field may be added to those that are kept, and none are kept at first", "[wire]") {
  KeptFields kept;
  CHECK(kept.empty());
  CHECK(kept.begin() == kept.end());
  kept.add({"A", "1"});
  kept.add({"A", "2"});
  CHECK(kept.value_of("a") == "1");
  CHECK(kept == KeptFields{{"A", "1"}, {"A", "2"}});
}

TEST_CASE("other fields take the place of those that are kept, in the same memory", "[wire]") {
  KeptFields kept{{"Content-Type", "text/event-stream"}};
  const std::size_t capacity = kept.capacity();
  kept.assign(std::array<Field, 2>{{{"A", "1"}, {"B", "2"}}});
  CHECK(kept == KeptFields{{"A", "1"}, {"B", "2"}});
  CHECK(kept.capacity() == capacity);
  kept.assign({});
  CHECK(kept == KeptFields{});
}

}  // namespace
}  // namespace llmsnap::wire
