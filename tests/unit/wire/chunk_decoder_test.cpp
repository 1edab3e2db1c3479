#include "wire/chunk_decoder.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.h"

namespace llmsnap::wire {
namespace {

using namespace std::string_view_literals;
using Trailers = std::vector<std::pair<std::string, std::string>>;

struct Decoded {
  std::string data;
  std::size_t consumed = 0;
  bool done = false;
  std::string error;  ///< message, empty for none
  ErrorCode code = ErrorCode::Internal;
  Trailers trailers;
};

/// Decodes `bytes` in pieces of `piece` bytes.
Decoded decode(std::string_view bytes, std::size_t piece) {
  Decoded decoded;
  ChunkDecoder decoder;
  std::size_t arrived = 0;
  while (!decoder.done() && (arrived < bytes.size() || decoded.consumed < arrived)) {
    if (decoded.consumed == arrived) {
      arrived = std::min(arrived + piece, bytes.size());
    }
    const auto step = decoder.step(bytes.substr(decoded.consumed, arrived - decoded.consumed));
    if (!step) {
      decoded.error = step.error().message;
      decoded.code = step.error().code;
      CHECK_FALSE(decoder.step("0\r\n\r\n"));
      return decoded;
    }
    REQUIRE(step->consumed > 0);
    decoded.data += step->data;
    decoded.consumed += step->consumed;
  }
  decoded.done = decoder.done();
  decoded.trailers = decoder.trailers();
  return decoded;
}

}  // namespace

TEST_CASE("a chunked body is decoded in any division, up to its own end", "[wire]") {
  const auto [text, data] = GENERATE(table<const char*, const char*>({
      {"0\r\n\r\n", ""},
      {"000\r\n\r\n", ""},
      {"4\r\n{\"mo\r\n9\r\ndel\":\"m\"}\r\n0\r\n\r\n", "{\"model\":\"m\"}"},
      {"D\r\n{\"model\":\"m\"}\r\n0\r\n\r\n", "{\"model\":\"m\"}"},
      {"0000d\r\n{\"model\":\"m\"}\r\n0\r\n\r\n", "{\"model\":\"m\"}"},
      {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
      {"5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"},
      {"1;a\r\nx\r\n0;b=c\r\n\r\n", "x"},
      {"1;a=\"x;y\\\"\\\\z\x80\t\"\r\nx\r\n0\r\n\r\n", "x"},
      {"1 ; a = b\t;\tc = \"\" ;d\r\nx\r\n0\r\n\r\n", "x"},
  }));
  const std::size_t piece = GENERATE(1U, 2U, 3U, 1000U);
  CAPTURE(text, piece);
  const Decoded decoded = decode(std::string(text) + "GET / HTTP/1.1\r\n", piece);
  CHECK(decoded.error.empty());
  CHECK(decoded.done);
  CHECK(decoded.data == data);
  CHECK(decoded.consumed == std::string_view(text).size());
}

TEST_CASE("data is handed out in place, one call for each whole chunk", "[wire]") {
  const std::string bytes = "5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n";
  ChunkDecoder decoder;
  const auto first = decoder.step(bytes);
  CHECK(first->data.data() == bytes.data() + 3);
  CHECK(first->data == "hello");
  CHECK(first->consumed == 10);
  const auto second = decoder.step(std::string_view(bytes).substr(10));
  CHECK(second->data == "abc");
  const auto last = decoder.step(std::string_view(bytes).substr(18));
  CHECK(last->consumed == 5);
  CHECK(decoder.done());
  CHECK(decoder.step("x")->consumed == 0);
}

TEST_CASE("data that arrived before an error is handed out before it", "[wire]") {
  ChunkDecoder decoder;
  CHECK(decoder.step("5\r\nhelloXX")->data == "hello");
  CHECK_FALSE(decoder.step("XX"));
}

TEST_CASE("a body that is not chunked by the letter is refused", "[wire]") {
  const std::string_view text = GENERATE(
      "\r\n"sv, ";a\r\n"sv, "x"sv, "+1\r\nx\r\n"sv, "-1\r\n"sv, " 1\r\n"sv, "\t1\r\n"sv,
      "0x1\r\nx\r\n"sv, "1z\r\nx\r\n"sv, "1 \r\nx\r\n"sv, "1\t\r\nx\r\n"sv, "1,\r\n"sv, "1_0\r\n"sv,
      "1\0\r\n"sv, "1\n"sv, "1\rx"sv, "1\r\r\n"sv, "\xd9\xa1\r\n"sv, "1000000000000000d\r\n"sv,
      "00000000000000001\r\n"sv, "1\r\nx\n"sv, "1\r\nx\rX"sv, "1\r\nxX"sv, "1\r\nx0"sv,
      "1\r\nx\r\n\r\n"sv, "1;\r\nx"sv, "1;;a\r\n"sv, "1;a;\r\n"sv, "1;=b\r\n"sv, "1;a=\r\n"sv,
      "1;a=;b\r\n"sv, "1;a=b=c\r\n"sv, "1;a \r\n"sv, "1;a=b \r\n"sv, "1;a=\"b\" \r\n"sv,
      "1;a b\r\n"sv, "1;(a)\r\n"sv, "1;a=(b)\r\n"sv, "1;a=\"b\r\n"sv, "1;a=\"b\"c\r\n"sv,
      "1;a=\"b\nc\"\r\n"sv, "1;a=\"\\\n\"\r\n"sv, "1;a=\"\\\0\"\r\n"sv, "1;a\n"sv, "1;a\rb\r\n"sv,
      "1;a\0\r\n"sv, "1;a\x7f\r\n"sv, "1;caf\xe9\r\n"sv, "0\n"sv, "0\r\n\n"sv, "0\r\n\rX"sv,
      "0\r\n A: b\r\n"sv, "0\r\n: b\r\n"sv, "0\r\nA : b\r\n"sv, "0\r\nA\r\n"sv,
      "0\r\nGET / HTTP/1.1\r\n"sv, "0\r\nA: b\nC: d\r\n"sv, "0\r\nA: b\rC\r\n"sv,
      "0\r\nA: b\0\r\n"sv, "0\r\nA: b\r\n c\r\n"sv, "0\r\nA: b\r\n\tc\r\n"sv);
  const std::size_t piece = GENERATE(1U, 1000U);
  CAPTURE(text, piece);
  const Decoded decoded = decode(text, piece);
  CHECK_FALSE(decoded.error.empty());
  CHECK(decoded.code == ErrorCode::BadRequest);
}

TEST_CASE("a chunk of 2^63 bytes and more is refused at its size", "[wire]") {
  const char* const size = GENERATE("8000000000000000", "ffffffffffffffff", "fffffffffffffff3");
  CHECK(decode(std::string(size) + "\r\nx", 1000).code == ErrorCode::BodyTooLarge);
  CHECK(decode("7fffffffffffffff\r\nx", 1000).data == "x");
}

TEST_CASE("trailers are validated, trimmed and kept in order", "[wire]") {
  const std::size_t piece = GENERATE(1U, 7U, 1000U);
  const Decoded decoded = decode(
      "0\r\nX-Checksum: \t abc \t\r\nServer-Timing:\r\nContent-Digest: a=:b:\r\n\r\n", piece);
  CHECK(decoded.done);
  CHECK(decoded.trailers ==
        Trailers{{"X-Checksum", "abc"}, {"Server-Timing", ""}, {"Content-Digest", "a=:b:"}});
}

TEST_CASE("trailers that frame, route, authenticate or control are refused", "[wire]") {
  const char* const name = GENERATE(
      "Content-Length", "transfer-encoding", "HOST", "Authorization", "Content-Type",
      "Content-Encoding", "Proxy-Authorization", "X-Forwarded-For", "Cookie", "Set-Cookie",
      "Connection", "TE", "Trailer", "Upgrade", "Expect", "If-Match", "X-Api-Key", "Location");
  CAPTURE(name);
  CHECK(decode("0\r\n" + std::string(name) + ": x\r\n\r\n", 1000).code == ErrorCode::BadRequest);
}

TEST_CASE("trailers are bounded", "[wire]") {
  const std::string one = "0\r\nX: " + std::string(17000, 'v') + "\r\n\r\n";
  CHECK(decode(one, 1000).code == ErrorCode::HeadTooLarge);
  const std::string name = "0\r\n" + std::string(300, 'n') + ": v\r\n\r\n";
  CHECK(decode(name, 1000).code == ErrorCode::HeadTooLarge);
  std::string many = "0\r\n";
  for (int i = 0; i < 32; ++i) {
    many += "X: v\r\n";
  }
  CHECK(decode(many + "\r\n", 1000).done);
  CHECK(decode(many + "X: v\r\n\r\n", 1000).code == ErrorCode::HeadTooLarge);
}

TEST_CASE("chunk extensions are bounded, one by one and against the data", "[wire]") {
  const std::string line = "1;" + std::string(4200, 'e') + "\r\nx\r\n0\r\n\r\n";
  CHECK(decode(line, 10000).code == ErrorCode::BadRequest);
  std::string tiny;
  std::string large;
  for (int i = 0; i < 200; ++i) {
    tiny += "1;" + std::string(200, 'e') + "\r\nx\r\n";
    large += "1000;" + std::string(200, 'e') + "\r\n" + std::string(4096, 'x') + "\r\n";
  }
  CHECK(decode(tiny + "0\r\n\r\n", 10000).code == ErrorCode::BadRequest);
  CHECK(decode(large + "0\r\n\r\n", 10000).done);
}

}  // namespace llmsnap::wire
