#include "base/padded_bytes.h"

#include <string>

#include "catch.h"

using llmsnap::PaddedBytes;

namespace {

bool is_padded(const PaddedBytes& bytes) {
  return std::string_view(bytes.data() + bytes.size(), PaddedBytes::Padding) ==
         std::string(PaddedBytes::Padding, '\0');
}

}  // namespace

TEST_CASE("an empty padded buffer can be scanned", "[base]") {
  const PaddedBytes bytes;
  CHECK(bytes.empty());
  CHECK(bytes.view().empty());
  CHECK(bytes.allocated() == 0);
  CHECK(is_padded(bytes));
}

TEST_CASE("a padded buffer keeps what was appended, with zeros behind it at every size", "[base]") {
  PaddedBytes bytes;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 37), static_cast<char>('a' + i % 26));
    bytes.append(piece);
    expected += piece;
    REQUIRE(bytes.view() == expected);
    REQUIRE(is_padded(bytes));
  }
  CHECK(bytes.allocated() < expected.size() * 2 + 1024);
}

TEST_CASE("a padded buffer that was moved from is empty", "[base]") {
  PaddedBytes bytes("text");
  PaddedBytes taken = std::move(bytes);
  CHECK(taken.view() == "text");
  PaddedBytes other("other");
  other = std::move(taken);
  CHECK(other.view() == "text");
}
