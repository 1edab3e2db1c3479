#include "record/event_counter.h"

#include <string>
#include <string_view>

#include "catch.h"

using llmsnap::record::EventCounter;

namespace {

std::size_t counted(std::string_view field, std::string_view text, std::size_t piece_size) {
  EventCounter counter(field);
  std::size_t count = 0;
  while (!text.empty()) {
    const std::string piece(text.substr(0, piece_size));
    count += counter.count(piece);
    text.remove_prefix(piece.size());
  }
  return count;
}

}  // namespace

TEST_CASE("events with a value are counted, but for DONE, in any division", "[record]") {
  constexpr std::string_view Stream =
      ": comment\n\ndata: {\"a\":1}\n\nevent: x\ndata:{}\r\n\r\ndata: \"data: x\"\n\n"
      "data\ndata:\n\n\xff data: no\nDATA: no\ndata:  7\n\ndata: [DONE]\n\n";
  for (std::size_t size = 1; size <= Stream.size(); ++size) {
    CHECK(counted("data:", Stream, size) == 4);
  }
}

TEST_CASE("of lines without a field all that are not empty count", "[record]") {
  constexpr std::string_view Lines = "{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}";
  for (std::size_t size = 1; size <= Lines.size(); ++size) {
    CHECK(counted("", Lines, size) == 3);
  }
}
