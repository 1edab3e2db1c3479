#include "upstream/connect_through.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "io/socket.h"
#include "upstream/answer_reader.h"
#include "upstream/failure.h"

namespace llmsnap::upstream {
namespace {

using Connected = Result<std::unique_ptr<io::Stream>>;

std::string request_for_tunnel(const ForwardProxy& proxy, const Url& url) {
  const std::string place = url.host_and_port();
  std::string head = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", place);
  if (!proxy.authorization.empty()) {
    head.append("Proxy-Authorization: ").append(proxy.authorization).append("\r\n");
  }
  return head.append("\r\n");
}

Result<void> ask_for_tunnel(const ForwardProxy& proxy, const Url& url, io::Stream& stream,
                            Deadline deadline, BlockList& blocks) {
  // It fits into any socket's buffer: the deadline is that of the answer.
  const auto written = stream.write_all(request_for_tunnel(proxy, url), {});
  if (!written) {
    return failure("send CONNECT to", proxy.url, written);
  }
  // No answer to CONNECT has a body that matters: what follows 2xx is the tunnel.
  AnswerReader reader(blocks, proxy.url, {.to_head = true, .upgrade = {}});
  if (Result<void> read = reader.read_head(stream, deadline); !read) {
    return read;
  }
  const wire::ResponseHead& head = reader.head();
  if (head.status < 200 || head.status > 299) {
    return Error{ErrorCode::UpstreamFailed,
                 fmt::format("it answered CONNECT with status {}", head.status)};
  }
  // The server says nothing before our first message; what is there is the proxy's own.
  if (!reader.rest().empty()) {
    return Error{ErrorCode::UpstreamFailed, "it sent more than an answer to CONNECT"};
  }
  return {};
}

}  // namespace

Connected connect_through(const ForwardProxy& proxy, const Url& url,
                          const io::ConnectOptions& options, BlockList& blocks) {
  if (!proxy.fault.empty()) {
    return Error{ErrorCode::UpstreamFailed, proxy.fault};
  }
  auto socket = io::connect_socket(proxy.url, options);
  if (!socket) {
    return socket.error();
  }
  auto stream = std::make_unique<io::TcpStream>(std::move(*socket));
  if (url.scheme != Url::Scheme::Https) {
    return Connected(std::move(stream));
  }
  if (auto open = ask_for_tunnel(proxy, url, *stream, options.deadline, blocks); !open) {
    return open.error();
  }
  return io::start_tls(stream->take_socket(), url, options);
}

Error failure_behind(const ForwardProxy& proxy, const Url& url, const Error& why) {
  const std::string name =
      proxy.fault.empty() ? " " + server_name(proxy.url) : " of the environment";
  return {why.code,
          fmt::format("reach {} through the proxy{}: {}", server_name(url), name, why.message),
          why.retry_after};
}

}  // namespace llmsnap::upstream
