#include "upstream/answer_reader.h"

#include <string>
#include <vector>

#include "catch.h"
#include "response_vectors.h"
#include "scripted_stream.h"

using namespace llmsnap;
using namespace llmsnap::upstream;

namespace {

const Url Server{Url::Scheme::Http, "127.0.0.1", 5800, "", ""};

struct Read {
  std::optional<Error> head_error;
  std::optional<Error> body_error;
  int status = 0;
  std::string body;
  std::string rest;
  std::string x_a;
};

/// Reads the answer that `script` gives, to its end.
Read read_answer(StreamScript& script, AnswerExpectation expectation = {}) {
  BlockList blocks;
  ScriptedStream stream(script);
  AnswerReader reader(blocks, Server, std::move(expectation));
  Read read;
  if (const Result<void> head = reader.read_head(stream, NoDeadline); !head) {
    read.head_error = head.error();
    return read;
  }
  read.status = reader.head().status;
  for (;;) {
    if (!reader.ready()) {
      reader.receive(stream, {});
    }
    const Result<std::string_view> piece = reader.take();
    if (!piece) {
      read.body_error = piece.error();
      break;
    }
    if (piece->empty()) {
      CHECK(reader.finished());
      break;
    }
    read.body += *piece;
  }
  read.rest = reader.rest();
  if (const wire::Field* field = wire::find_field(reader.head().fields, "X-A")) {
    read.x_a = field->value;
  }
  return read;
}

/// The pieces between the cuts arrive one by one.
Read read_pieces(const std::string& bytes, const std::vector<std::size_t>& cuts,
                 AnswerExpectation expectation = {}) {
  StreamScript script;
  std::size_t at = 0;
  for (const std::size_t cut : cuts) {
    script.arrivals.push_back({bytes.substr(at, cut - at)});
    at = cut;
  }
  if (at < bytes.size()) {
    script.arrivals.push_back({bytes.substr(at)});
  }
  return read_answer(script, std::move(expectation));
}

void check_vector(const ResponseVector& vector, const Read& read) {
  if (vector.expect == "forward") {
    CHECK_FALSE(read.head_error);
    CHECK_FALSE(read.body_error);
    CHECK(read.rest.empty());
  } else if (vector.expect == "bad_gateway") {
    REQUIRE(read.head_error);
    CHECK(read.head_error->code == ErrorCode::UpstreamFailed);
  } else {
    REQUIRE((read.head_error || read.body_error));
    CHECK((read.head_error ? *read.head_error : *read.body_error).code ==
          ErrorCode::UpstreamFailed);
  }
  if (vector.body) {
    CHECK(read.body == *vector.body);
  }
  if (vector.x_a) {
    CHECK(read.x_a == *vector.x_a);
  }
}

}  // namespace

TEST_CASE("every answer vector is read as expected, in whatever pieces it arrives", "[upstream]") {
  for (const ResponseVector& vector : load_response_vectors()) {
    CAPTURE(vector.name);
    const AnswerExpectation expectation{vector.method == "HEAD", ""};
    const Read whole = read_pieces(vector.response, {}, expectation);
    check_vector(vector, whole);
    std::vector<std::size_t> every_byte;
    for (std::size_t cut = 1; cut < vector.response.size(); ++cut) {
      every_byte.push_back(cut);
      if (vector.response.size() < 2'000) {
        const Read split = read_pieces(vector.response, {cut}, expectation);
        CHECK(split.body == whole.body);
        check_vector(vector, split);
      }
    }
    check_vector(vector, read_pieces(vector.response, every_byte, expectation));
  }
}

TEST_CASE("sixteen interim answers are skipped, the next one is too many", "[upstream]") {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const std::string final_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  std::string sixteen;
  for (int i = 0; i < 16; ++i) {
    sixteen += interim;
  }
  CHECK(read_pieces(sixteen + final_answer, {}).body == "hi");
  const Read flood = read_pieces(sixteen + interim + final_answer, {});
  REQUIRE(flood.head_error);
  CHECK(flood.head_error->message ==
        "read the answer of http://127.0.0.1:5800: it sent too many interim answers");
}

TEST_CASE("an answer without a body ends at its head", "[upstream]") {
  struct Row {
    const char* head;
    bool to_head;
  };
  const auto row = GENERATE(Row{"HTTP/1.1 204 No Content\r\n\r\n", false},
                            Row{"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", false},
                            Row{"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", true},
                            Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true},
                            Row{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false});
  CAPTURE(row.head);
  StreamScript script;
  script.arrivals = {{row.head}};
  script.then = {io::IoStatus::Deadline, 0, 0};
  const Read read = read_answer(script, {row.to_head, ""});
  CHECK_FALSE(read.head_error);
  CHECK_FALSE(read.body_error);
  CHECK(read.body.empty());
  CHECK(script.reads == 1);
}

TEST_CASE("bytes behind the end of an answer are no part of it", "[upstream]") {
  const auto* answer = GENERATE("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiEXTRA",
                                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "2\r\nhi\r\n0\r\n\r\nEXTRA");
  const Read read = read_pieces(answer, {});
  CHECK(read.body == "hi");
  CHECK(read.rest == "EXTRA");
}

TEST_CASE("an answer that ends too early is an error behind its last bytes", "[upstream]") {
  const auto* answer =
      GENERATE("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello");
  const Read read = read_pieces(answer, {});
  CHECK(read.body == "hello");
  REQUIRE(read.body_error);
  CHECK(read.body_error->message ==
        "read the answer's body from http://127.0.0.1:5800: the connection was closed before its "
        "end");
}

TEST_CASE("what ends a wait for an answer decides the error's code", "[upstream]") {
  struct Row {
    io::IoStatus status;
    ErrorCode code;
  };
  const auto row = GENERATE(Row{io::IoStatus::End, ErrorCode::UpstreamFailed},
                            Row{io::IoStatus::Failed, ErrorCode::UpstreamFailed},
                            Row{io::IoStatus::Deadline, ErrorCode::UpstreamTimeout},
                            Row{io::IoStatus::ClientLeft, ErrorCode::ClientLeft},
                            Row{io::IoStatus::Shutdown, ErrorCode::ShuttingDown});
  StreamScript script;
  script.then = {row.status, 0, ECONNRESET};
  SECTION("in the head") {
    script.arrivals = {{"HTTP/1.1 200 OK\r\nContent-"}};
    const Read read = read_answer(script);
    REQUIRE(read.head_error);
    CHECK(read.head_error->code == row.code);
  }
  SECTION("in the body") {
    script.arrivals = {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel"}};
    const Read read = read_answer(script);
    REQUIRE(read.body_error);
    CHECK(read.body_error->code == row.code);
    CHECK(read.body == "hel");
  }
}

TEST_CASE("ready tells exactly whether bytes for a piece, or the end, are there", "[upstream]") {
  StreamScript script;
  script.arrivals = {
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n4"},
      {"\r\nfghi\r\n0\r\n\r\n"}};
  BlockList blocks;
  ScriptedStream stream(script);
  AnswerReader reader(blocks, Server, {});
  REQUIRE(reader.read_head(stream, NoDeadline));
  CHECK(reader.ready());
  CHECK(*reader.take() == "ab");
  CHECK(reader.ready());
  CHECK(*reader.take() == "cde");
  // "4" alone is the beginning of a size line: a sender must flush before it asks for more.
  CHECK_FALSE(reader.ready());
  reader.receive(stream, {});
  CHECK(*reader.take() == "fghi");
  CHECK(reader.ready());
  CHECK(reader.finished());
  CHECK(reader.take()->empty());
  CHECK(script.reads == 2);
}

TEST_CASE("a broken chunk is reported behind the good ones before it", "[upstream]") {
  const Read read = read_pieces(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n\r\n", {});
  CHECK(read.body == "hello");
  REQUIRE(read.body_error);
  CHECK(read.body_error->code == ErrorCode::UpstreamFailed);
}

TEST_CASE("trailers are there after the end", "[upstream]") {
  StreamScript script;
  script.arrivals = {
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n"}};
  BlockList blocks;
  ScriptedStream stream(script);
  AnswerReader reader(blocks, Server, {});
  REQUIRE(reader.read_head(stream, NoDeadline));
  CHECK(*reader.take() == "hi");
  CHECK(reader.take()->empty());
  CHECK(reader.trailers() == std::vector<std::pair<std::string, std::string>>{{"X-T", "1"}});
}

TEST_CASE("a switch of protocols must be the one that was asked for", "[upstream]") {
  struct Row {
    const char* asked;
    const char* fields;
    bool allowed;
  };
  const auto row =
      GENERATE(Row{"websocket", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true},
               Row{"websocket", "Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n", true},
               Row{"websocket",
                   "Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", true},
               Row{"", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false},
               Row{"websocket", "Connection: Upgrade\r\nUpgrade: h2c\r\n", false},
               Row{"websocket", "Connection: Upgrade\r\n", false},
               Row{"websocket", "Upgrade: websocket\r\n", false});
  CAPTURE(row.asked, row.fields);
  const Read read =
      read_pieces(std::string("HTTP/1.1 101 Switching Protocols\r\n") + row.fields + "\r\nFRAME",
                  {}, {false, row.asked});
  if (row.allowed) {
    CHECK(read.status == 101);
    CHECK(read.rest == "FRAME");
  } else {
    REQUIRE(read.head_error);
    CHECK(read.head_error->code == ErrorCode::UpstreamFailed);
  }
}

TEST_CASE("a head may fill its limit and not a byte more", "[upstream]") {
  const std::string begin = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: ";
  const std::string end = "\r\n\r\n";
  const std::size_t limit = wire::HeadLimits().head;
  const std::string value(limit - begin.size() - end.size(), 'v');
  CHECK(read_pieces(begin + value + end + "hi", {}).body == "hi");
  CHECK(read_pieces(begin + value + end + "hi", {}).x_a == value);
  CHECK(read_pieces(begin + value + "v" + end + "hi", {}).head_error);
}

TEST_CASE("views of the head stay valid while a long body passes", "[upstream]") {
  StreamScript script;
  script.arrivals.push_back({"HTTP/1.1 200 OK\r\nX-A: kept\r\nTransfer-Encoding: chunked\r\n\r\n"});
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const std::string piece(static_cast<std::size_t>(i) * 7 + 1, static_cast<char>('a' + i % 26));
    char size[16];
    std::snprintf(size, sizeof(size), "%zx\r\n", piece.size());
    script.arrivals.push_back({size + piece + "\r\n"});
    expected += piece;
  }
  script.arrivals.push_back({"0\r\n\r\n"});
  const Read read = read_answer(script);
  CHECK(read.x_a == "kept");
  CHECK(read.body == expected);
}
