#include "route/renamed_body.h"

#include <string>

#include "catch.h"

namespace llmsnap::route {
namespace {

/// Its bytes in pieces of that size.
class Pieces final : public BodySource {
 public:
  Pieces(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  Result<std::string_view> pull() override {
    const auto next = std::string_view(bytes_).substr(at_, piece_);
    at_ += next.size();
    return next;
  }
  std::optional<std::uint64_t> length() const override { return bytes_.size(); }
  bool rewind() override {
    at_ = 0;
    return true;
  }

 private:
  const std::string bytes_;
  const std::size_t piece_;
  std::size_t at_ = 0;
};

std::string all_of(BodySource& body) {
  std::string all;
  for (;;) {
    const auto piece = body.pull();
    REQUIRE(piece);
    if (piece->empty()) {
      return all;
    }
    all += *piece;
  }
}

}  // namespace

TEST_CASE("a range of a body is replaced, however the body comes, and again after a rewind",
          "[route]") {
  const std::string bytes = "0123456789";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    for (std::size_t begin = 0; begin <= bytes.size(); ++begin) {
      for (std::size_t end = begin; end <= bytes.size(); ++end) {
        for (const std::string text : {"", "new", "a longer text"}) {
          Pieces inner(bytes, piece);
          RenamedBody body(inner, begin, end, text);
          const std::string expected = bytes.substr(0, begin) + text + bytes.substr(end);
          CHECK(body.length() == expected.size());
          CHECK(all_of(body) == expected);
          REQUIRE(body.rewind());
          CHECK(all_of(body) == expected);
        }
      }
    }
  }
}

}  // namespace llmsnap::route
