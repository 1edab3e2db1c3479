#include "http/read_buffer.h"

#include <algorithm>
#include <string>

#include "catch.h"

using namespace llmsnap::http;

namespace {

void put(ReadBuffer& buffer, std::string_view text) {
  const std::span<char> space = buffer.space(text.size());
  REQUIRE(space.size() >= text.size());
  std::copy(text.begin(), text.end(), space.begin());
  buffer.commit(text.size());
}

}  // namespace

TEST_CASE("bytes come out of the buffer as they went in, through growth and compaction", "[http]") {
  ReadBuffer buffer;
  std::string expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string text(static_cast<std::size_t>(i % 97), static_cast<char>('a' + i % 26));
    put(buffer, text);
    expected += text;
    const std::size_t taken =
        std::min<std::size_t>(expected.size(), static_cast<std::size_t>(i % 89));
    REQUIRE(buffer.unread().substr(0, taken) == expected.substr(0, taken));
    buffer.consume(taken);
    expected.erase(0, taken);
  }
  CHECK(buffer.unread() == expected);
}

TEST_CASE("memory is given back only while nothing is in it", "[http]") {
  ReadBuffer buffer;
  put(buffer, "kept");
  buffer.release();
  CHECK(buffer.unread() == "kept");
  buffer.consume(4);
  buffer.release();
  CHECK(buffer.unread().empty());
  put(buffer, "again");
  CHECK(buffer.unread() == "again");
}
