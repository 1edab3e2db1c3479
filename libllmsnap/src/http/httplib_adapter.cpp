#include "http/httplib_adapter.h"

#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "http/transaction.h"
#include "io/wakeup.h"

namespace llmsnap::http {
namespace {

class FrontStream;

/// The stream whose request the library is about to parse. Read once, in the first statement of the
/// handler: after that the fiber may be suspended, and another fiber of this thread sets it.
thread_local FrontStream* stream_to_come = nullptr;

/// What the library sees of a connection: a canonical request to read, and nowhere to write to: the
/// transaction frames and sends what leaves.
/// No function says `override`: which of them the base class has depends on the library's version.
// NOLINTBEGIN(modernize-use-override)
class FrontStream : public httplib::Stream {
 public:
  FrontStream(Transaction& transaction, std::string_view request)
      : transaction_(transaction), request_(request) {}

  Transaction& transaction() { return transaction_; }

  bool is_readable() const { return true; }
  bool is_writable() const { return true; }
  bool wait_readable() const { return true; }
  bool wait_writable() const { return true; }
  bool is_peer_alive() const { return true; }

  ssize_t read(char* into, size_t size) {
    const std::size_t count = std::min(size, request_.size());
    std::memcpy(into, request_.data(), count);
    request_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char*, size_t size) { return static_cast<ssize_t>(size); }

  void get_remote_ip_and_port(std::string&, int&) const {}
  void get_local_ip_and_port(std::string&, int&) const {}
  socket_t socket() const { return INVALID_SOCKET; }
  time_t duration() const { return 0; }

 private:
  Transaction& transaction_;
  std::string_view request_;
};
// NOLINTEND(modernize-use-override)

/// The library decides nothing by the target, and what it does with a long or odd one differs from
/// version to version; what it must know is whether the answer to the method has a body.
std::string_view canonical_request(bool head_only) {
  return head_only ? "HEAD / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
                   : "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace

class HttplibAdapter::Server final : public httplib::Server {
 public:
  Server() {
    // The library takes an invalid descriptor for "shutting down" and cuts bodies short; this one
    // stays valid until the last transaction has ended.
    svr_sock_ = alive_.descriptor();
    set_pre_routing_handler([](const httplib::Request&, httplib::Response& response) {
      FrontStream& stream = *std::exchange(stream_to_come, nullptr);
      stream.transaction().respond();
      if (stream.transaction().has_body()) {
        // All pieces in one call: the library's own round for each would cost as much as the rest
        // of it.
        response.set_content_provider("application/octet-stream",
                                      [&stream](size_t, httplib::DataSink& sink) {
                                        stream.transaction().pump();
                                        sink.done();
                                        return true;
                                      });
      }
      return HandlerResponse::Handled;
    });
  }

  ~Server() override { svr_sock_ = INVALID_SOCKET; }

  /// A template, so that the form which this version of the library does not have is not compiled.
  template <typename AnyStream>
  void process(AnyStream& stream) {
    bool closed = false;
    const std::function<void(httplib::Request&)> nothing_to_set_up = nullptr;
    if constexpr (requires { this->process_request(stream, true, closed, nothing_to_set_up); }) {
      this->process_request(stream, true, closed, nothing_to_set_up);
    } else {
      const std::string nowhere;
      this->process_request(stream, nowhere, 0, nowhere, 0, true, closed, nothing_to_set_up);
    }
  }

 private:
  io::Wakeup alive_;
};

HttplibAdapter::HttplibAdapter() : server_(std::make_unique<Server>()) {}
HttplibAdapter::~HttplibAdapter() = default;

void HttplibAdapter::run(Transaction& transaction) {
  FrontStream stream(transaction, canonical_request(transaction.head_only()));
  stream_to_come = &stream;
  server_->process(stream);
  stream_to_come = nullptr;
}

}  // namespace llmsnap::http
