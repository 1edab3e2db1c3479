// Transaction: one request on a connection and its answer: asks the api, pulls the body, frames
// what leaves. Thread rule: the connection's fiber.
#pragma once

#include <optional>
#include <string_view>

#include "api/answer.h"
#include "api/early_answer.h"
#include "http/request_body.h"
#include "http/response_writer.h"

namespace llmsnap::http {

class LoopFront;

/// What a transaction is told by its connection.
struct ConnectionFacts {
  std::string_view client_address;
  std::string_view listen_name;
  bool to_loopback = false;
  bool tls = false;
};

class Transaction final : private api::EarlyAnswer {
 public:
  Transaction(LoopFront& front, io::Stream& stream, ReadBuffer& buffer,
              const wire::RequestHead& head, const ConnectionFacts& facts);
  ~Transaction() override;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  bool head_only() const { return head_.method == "HEAD"; }

  /// Gets the answer: its head, and a body to pull.
  void respond();
  bool responded() const { return responded_; }

  /// True if the answer has a body that must be pulled and written.
  bool has_body() const { return writer_.wants_body(); }

  /// Pulls and writes all that is left of the body. Never throws: cpp-httplib calls it.
  void pump();

  /// After the body, or without one: ends the answer. True if the connection may carry another
  /// request.
  bool finish();

  /// True if the answer broke and only an abort of the connection tells the client so.
  bool must_abort() const { return writer_.must_abort(); }

  /// True if the answer switched protocols; then, instead of finish, tunnel until either side
  /// closes.
  bool switched() const { return answer_.switched; }
  void tunnel(ReadBuffer& early_bytes);

 private:
  Result<void> begin(const api::Answer& answer) override;
  Result<void> write(std::string_view piece) override;
  Result<void> early_result(bool sent);
  void start(const api::Answer& answer, bool keep_alive);
  bool may_keep_alive() const;
  std::optional<std::string_view> pull();
  bool send(std::string_view piece);
  bool interrupted();
  void body_broke(const Error& error);
  void ended_badly(Outcome outcome, const std::string& why);
  void write_failed();
  /// Of a write that failed: by the gateway's shutdown, not by the client.
  bool is_cut() const { return writer_.failure().status == io::IoStatus::Shutdown; }
  void hand_on();

  LoopFront& front_;
  io::Stream& stream_;
  const wire::RequestHead& head_;
  RequestBody body_;
  api::Request request_;
  api::Answer answer_;
  ResponseWriter writer_;
  bool responded_ = false;
  bool body_ended_ = false;
};

/// Answers what is no request: a refused head, a connection too many. Hands a record on.
void refuse(LoopFront& front, io::Stream& stream, const Error& error, const ConnectionFacts& facts);

}  // namespace llmsnap::http
