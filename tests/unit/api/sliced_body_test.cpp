#include "api/sliced_body.h"

#include <algorithm>
#include <string>

#include "catch.h"

namespace llmsnap::api {

TEST_CASE("a long body in memory comes in pieces, whole and again", "[api]") {
  std::string text(SlicedBody::LargestPiece * 3 + 7, 'x');
  text.back() = 'y';
  SlicedBody body(text);
  CHECK(body.length() == text.size());
  for (int round = 0; round < 2; ++round) {
    std::string pulled;
    std::size_t largest = 0;
    for (auto piece = body.pull(); !piece->empty(); piece = body.pull()) {
      pulled.append(*piece);
      largest = std::max(largest, piece->size());
    }
    CHECK(pulled == text);
    CHECK(largest == SlicedBody::LargestPiece);
    CHECK(body.rewind());
  }
}

}  // namespace llmsnap::api
