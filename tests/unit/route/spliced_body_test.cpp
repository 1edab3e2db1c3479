#include "route/spliced_body.h"

#include <string>
#include <vector>

#include "catch.h"

namespace llmsnap::route {
namespace {

std::string read_all(BodySource& body) {
  std::string text;
  for (;;) {
    const auto piece = body.pull();
    REQUIRE(piece);
    if (piece->empty()) {
      return text;
    }
    text += *piece;
  }
}

}  // namespace

TEST_CASE("a body without a replacement is sent as it is, in one piece of the same memory",
          "[route]") {
  const std::string bytes = "some bytes";
  SplicedBody body(bytes);
  CHECK(body.length() == 10U);
  const auto piece = body.pull();
  REQUIRE(piece);
  CHECK(piece->data() == bytes.data());
  CHECK(piece->size() == bytes.size());
  CHECK(body.pull()->empty());
}

TEST_CASE("one range of a body is replaced, wherever it is", "[route]") {
  struct Row {
    std::size_t begin;
    std::size_t end;
    std::string replacement;
    std::string expected;
  };
  const Row row = GENERATE(values<Row>({{2, 4, "xyz", "01xyz456789"},
                                        {0, 3, "x", "x3456789"},
                                        {7, 10, "x", "0123456x"},
                                        {0, 10, "x", "x"},
                                        {5, 5, "x", "01234x56789"},
                                        {2, 4, "", "01456789"},
                                        {0, 10, "", ""}}));
  SplicedBody body("0123456789", {{row.begin, row.end, row.replacement}});
  CHECK(body.length() == row.expected.size());
  CHECK(read_all(body) == row.expected);
  SECTION("and again after a rewind") {
    REQUIRE(body.rewind());
    CHECK(read_all(body) == row.expected);
  }
}

TEST_CASE("several ranges of a body are replaced, neighbours and insertions too", "[route]") {
  struct Row {
    std::vector<Replacement> replacements;
    std::string expected;
  };
  const Row row = GENERATE(values<Row>({{{{1, 2, "x"}, {4, 4, "yz"}, {8, 10, ""}}, "0x23yz4567"},
                                        {{{0, 3, ""}, {3, 3, "x"}, {3, 5, "y"}}, "xy56789"},
                                        {{{0, 5, ""}, {5, 10, ""}}, ""},
                                        {{{10, 10, "x"}}, "0123456789x"}}));
  SplicedBody body("0123456789", row.replacements);
  CHECK(body.length() == row.expected.size());
  CHECK(read_all(body) == row.expected);
  REQUIRE(body.rewind());
  CHECK(read_all(body) == row.expected);
}

TEST_CASE("what is kept of a body with replacements is sent from the same memory", "[route]") {
  const std::string bytes = "0123456789";
  SplicedBody body(bytes, {{2, 4, "x"}});
  CHECK(body.pull()->data() == bytes.data());
  CHECK(*body.pull() == "x");
  CHECK(body.pull()->data() == bytes.data() + 4);
}

}  // namespace llmsnap::route
