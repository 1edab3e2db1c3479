#pragma once
// Reads HTTP/1.1 requests out of bytes as they arrive; knows no sockets.
// One per connection, used by one thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fake_model {

struct Field {
  std::string name;
  std::string value;
};

struct Request {
  std::string method;
  std::string target;
  std::vector<Field> fields;
  std::string body;
  bool http_1_0 = false;
  bool keep_alive = true;

  // The first field of that name (any case), or nothing.
  std::optional<std::string_view> field(std::string_view name) const;
  // The target without its query.
  std::string_view path() const;
};

class RequestReader {
 public:
  enum class Outcome { NeedsMore, Complete, Refused };

  // Adds what a socket gave. Cheap; nothing is parsed before `read`.
  void append(std::string_view bytes) { buffer_.append(bytes); }

  // Goes on with the current request. Complete: `take` it, then `read` again, for requests may be
  // pipelined. Refused: answer `refusal_status` and close, the reader is of no further use.
  Outcome read();

  // Precondition: the last `read` said Complete.
  Request take();

  int refusal_status() const { return refusal_status_; }

  // True once per request whose head asked for 100-continue, before its body is complete.
  bool take_continue_wish();

 private:
  enum class Phase { Head, LengthBody, ChunkSize, ChunkBytes, ChunkEnd, Trailers, Complete };

  // Each goes on with one phase; false: more bytes are needed, or the request was refused.
  bool read_head();
  bool read_length_body();
  bool read_chunk_size();
  bool read_chunk_bytes();
  bool read_chunk_end();
  bool read_trailers();
  bool step();

  bool parse_request_line(std::string_view line);
  bool parse_field(std::string_view line);
  bool choose_framing();
  bool refuse(int status);
  // A line without its line end; nothing if it is not complete yet. Consumes it.
  std::optional<std::string_view> next_line();

  std::string buffer_;
  std::size_t consumed_ = 0;
  std::size_t remaining_ = 0;  // of a body with a length, or of a chunk
  Phase phase_ = Phase::Head;
  Request request_;
  bool continue_wish_ = false;
  int refusal_status_ = 0;
};

}  // namespace fake_model
