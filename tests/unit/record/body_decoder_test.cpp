#include "record/body_decoder.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "record/decoded_pieces.h"
#include "support/coded_text.h"

using namespace llmsnap::test;
using llmsnap::record::DecodedPieces;
using llmsnap::record::decoder_for;
using llmsnap::record::is_plain;

namespace {

struct Coding {
  const char* name;
  std::string (*coded)(std::string_view text);
};

std::string brotli(std::string_view text) {
  return brotli_coded(text);
}

std::string zstd(std::string_view text) {
  return zstd_coded(text);
}

const Coding Codings[] = {
    {"gzip", gzip_coded},    {"x-gzip", gzip_coded},         {" GZip ", gzip_coded},
    {"deflate", zlib_coded}, {"deflate", raw_deflate_coded}, {"br", brotli},
    {"zstd", zstd}};

DecodedPieces pieces_of(const char* encoding) {
  return DecodedPieces(decoder_for(encoding), nullptr);
}

/// In pieces of these sizes, which begin anew at the end.
std::string decoded(const char* encoding, std::string_view coded,
                    const std::vector<std::size_t>& sizes) {
  DecodedPieces pieces = pieces_of(encoding);
  std::string text;
  for (std::size_t i = 0; !coded.empty(); ++i) {
    // A copy of its own for each piece: a look beyond it is seen by the sanitizer.
    const std::string piece(coded.substr(0, sizes[i % sizes.size()]));
    coded.remove_prefix(piece.size());
    pieces.pass(piece, [&text](std::string_view part) { text += part; });
  }
  return pieces.broken() ? "broken" : text;
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += "data: {\"index\":" + std::to_string(i * 7919) + "}\n\n";
  }
  return text;
}

}  // namespace

TEST_CASE("gzip, deflate with and without its frame, br and zstd are decoded in any division",
          "[record]") {
  const std::string text = long_text();
  std::mt19937 random(4711);
  std::uniform_int_distribution<std::size_t> size(1, 700);
  for (const Coding& coding : Codings) {
    INFO(coding.name);
    const std::string coded = coding.coded(text);
    CHECK(decoded(coding.name, coded, {coded.size()}) == text);
    CHECK(decoded(coding.name, coded, {1}) == text);
    for (int round = 0; round < 20; ++round) {
      std::vector<std::size_t> sizes(31);
      for (std::size_t& each : sizes) {
        each = size(random);
      }
      CHECK(decoded(coding.name, coded, sizes) == text);
    }
    CHECK(decoded(coding.name, coding.coded(""), {1}).empty());
  }
}

TEST_CASE("what was flushed is decoded before the body goes on", "[record]") {
  const std::string text(1000, 'a');
  const std::string coded = gzip_coded(text);
  DecodedPieces pieces = pieces_of("gzip");
  std::size_t size = 0;
  // Header, half of the text, the flush; without the checksum of the end.
  pieces.pass(coded.substr(0, coded.size() - 12),
              [&size](std::string_view part) { size += part.size(); });
  CHECK(size >= text.size() / 2);
  CHECK_FALSE(pieces.broken());
}

TEST_CASE("gzip and zstd bodies may be several, one behind the other", "[record]") {
  CHECK(decoded("gzip", gzip_coded("one ") + gzip_coded("two"), {5}) == "one two");
  CHECK(decoded("gzip", gzip_coded("one ") + gzip_coded("two"), {1000}) == "one two");
  CHECK(decoded("zstd", zstd_coded("one ") + zstd_coded("two"), {5}) == "one two");
  CHECK(decoded("gzip", gzip_coded("one") + std::string(8, '\0'), {1000}) == "one");
}

TEST_CASE("a body that is not of its coding is broken, and says nothing more", "[record]") {
  for (const Coding& coding : Codings) {
    INFO(coding.name);
    std::string coded = coding.coded(long_text());
    CHECK(decoded(coding.name, "{\"usage\":{\"prompt_tokens\":1}}\xff\xff\xff", {7}) == "broken");
    for (std::size_t i = coded.size() / 2; i < coded.size() / 2 + 64; ++i) {
      coded[i] = '\x55';
    }
    CHECK(decoded(coding.name, coded, {100}) != long_text());
  }
}

TEST_CASE("any bytes do no harm", "[record]") {
  std::mt19937 random(4712);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 2000; ++round) {
    std::string rubbish;
    for (int i = 0; i < 200; ++i) {
      rubbish += static_cast<char>(byte(random));
    }
    for (const Coding& coding : Codings) {
      // Many begin well.
      const std::string begin = coding.coded("beginning").substr(0, round % 12);
      CHECK_NOTHROW(decoded(coding.name, begin + rubbish, {13}));
    }
  }
}

TEST_CASE("several codings are not decoded, and unknown ones are taken as they are", "[record]") {
  for (const char* encoding : {"", "identity", "gzip, br", "gzip,gzip", "compress", "snappy"}) {
    CHECK(decoder_for(encoding) == nullptr);
  }
  for (const char* encoding : {"", " Identity", "utf-8", "snappy"}) {
    CHECK(is_plain(encoding));
  }
  for (const char* encoding : {"gzip", " BR", "gzip, br", "identity, gzip"}) {
    CHECK_FALSE(is_plain(encoding));
  }
}

TEST_CASE("a body that swells beyond all measure is left alone", "[record]") {
  const std::string zeros(64 * 1024 * 1024, '\0');
  for (const Coding& coding : Codings) {
    INFO(coding.name);
    const std::string coded = coding.coded(zeros);
    DecodedPieces pieces = pieces_of(coding.name);
    std::size_t size = 0;
    pieces.pass(coded, [&size](std::string_view part) { size += part.size(); });
    CHECK(pieces.broken());
    CHECK(size <= 1024 * 1024 + 256 * coded.size() + 16 * 1024);
  }
}

TEST_CASE("a window that wants too much memory makes a body unreadable", "[record]") {
  const std::string text = long_text();
  CHECK(decoded("zstd", zstd_coded(text, 23), {1000}) == text);
  CHECK(decoded("zstd", zstd_coded(text, 24), {1000}) == "broken");
  CHECK(decoded("br", brotli_coded(text, 24), {1000}) == text);
}
