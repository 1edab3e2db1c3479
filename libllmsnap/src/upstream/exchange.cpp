#include "upstream/exchange.h"

#include <array>
#include <cassert>
#include <optional>

#include "io/connect.h"
#include "upstream/answer_reader.h"
#include "upstream/connect_through.h"
#include "upstream/failure.h"
#include "upstream/pool.h"
#include "upstream/request_sender.h"
#include "upstream/started_body.h"

namespace llmsnap::upstream {
namespace {

/// True when nothing lies unread on a stream whose answer has ended.
bool is_quiet(io::Stream& stream) {
  if (stream.peer_closed()) {
    return false;
  }
  // A read that took all its room cannot know whether more is there; only then this costs a call.
  std::array<char, 1> probe{};
  return !stream.readable() ||
         stream.read_some(probe, Deadline::min()).status == io::IoStatus::Deadline;
}

io::ConnectOptions connect_options(const ConnectionTimeouts& timeouts) {
  constexpr std::chrono::seconds UsualKeepAlive{15};
  return {.deadline = deadline_in(timeouts.connect),
          .tls_handshake = timeouts.tls_handshake,
          .keep_alive = timeouts.keep_alive.count() == 0 ? UsualKeepAlive : timeouts.keep_alive};
}

Result<std::unique_ptr<io::Stream>> connect(Pool& pool, const OutgoingRequest& request) {
  const io::ConnectOptions options = connect_options(request.timeouts);
  return request.proxy == nullptr
             ? io::connect(request.url, options)
             : connect_through(*request.proxy, request.url, options, pool.blocks());
}

}  // namespace

struct Exchange::State {
  State(Pool& owner, const OutgoingRequest& request, std::unique_ptr<io::Stream> connection)
      : pool(owner),
        url(request.url),
        proxy(request.proxy),
        idle(request.timeouts.idle),
        reader(owner.blocks(), url, {request.method == "HEAD", std::string(request.upgrade)}),
        stream(std::move(connection)) {}

  ~State() { close(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<void> run(const OutgoingRequest& request);
  bool may_run_again(const OutgoingRequest& request) const;
  void settle();
  void close();

  Pool& pool;
  const Url url;
  const ForwardProxy* const proxy;
  const std::chrono::milliseconds idle;
  AnswerReader reader;
  std::unique_ptr<io::Stream> stream;
  bool connection_broke = false;
  bool body_touched = false;
  bool sent_whole_request = false;
};

/// Sends the request and reads the head of its answer.
Result<void> Exchange::State::run(const OutgoingRequest& request) {
  RequestSender sender(request, *stream, reader);
  const Result<SendEnd> sent = sender.run();
  body_touched = sender.body_touched();
  if (!sent) {
    return sent.error();
  }
  if (*sent == SendEnd::Broken) {
    connection_broke = true;
    return sender.broken();
  }
  if (*sent == SendEnd::Complete) {
    sent_whole_request = true;
    const Deadline deadline = deadline_in(request.timeouts.response_header);
    if (const Result<void> read = reader.read_head(*stream, deadline); !read) {
      connection_broke = read.error().code == ErrorCode::UpstreamFailed;
      return read;
    }
  }
  // It asks for our credentials, not for the client's.
  constexpr int ProxyWantsCredentials = 407;
  if (proxy != nullptr && reader.head().status == ProxyWantsCredentials) {
    return Error{ErrorCode::UpstreamFailed, "it answered with status 407"};
  }
  settle();
  return {};
}

/// After a failed run: true when not one byte came back, so that the server closed an idle
/// connection just as we took it, and the body can be sent from its start.
bool Exchange::State::may_run_again(const OutgoingRequest& request) const {
  return connection_broke && !reader.heard_anything() &&
         (request.body == nullptr || !body_touched || request.body->rewind());
}

/// Once the answer has ended the connection goes where it belongs, also while its last bytes are
/// still looked at: they are in our buffer.
void Exchange::State::settle() {
  if (stream == nullptr || !reader.finished() || reader.head().status == 101) {
    return;
  }
  if (sent_whole_request && reader.head().keep_alive && reader.rest().empty() &&
      is_quiet(*stream)) {
    pool.give_back(url, std::move(stream), proxy);
  }
  close();
}

void Exchange::State::close() {
  // An orderly end would wait in line behind what the server has not read of the request, and a
  // server that does not read would never see that we left.
  if (stream != nullptr && !sent_whole_request) {
    stream->abort();
  }
  stream.reset();
}

/// What fails on the way through a proxy may be either's fault: both are named.
Result<std::unique_ptr<Exchange>> Exchange::open(Pool& pool, const OutgoingRequest& request) {
  Result<std::unique_ptr<Exchange>> opened = attempt(pool, request);
  if (opened || request.proxy == nullptr || !blames_server(opened.error().code)) {
    return opened;
  }
  return failure_behind(*request.proxy, request.url, opened.error());
}

Result<std::unique_ptr<Exchange>> Exchange::attempt(Pool& pool, const OutgoingRequest& given) {
  StartedBody body(given.body);
  OutgoingRequest request = given;
  request.body = given.body != nullptr ? &body : nullptr;
  // While the fiber waits for a piece, an idle connection may say 408 and end, which would be taken
  // for the answer to this request: the piece comes first.
  if (const Result<void> started = body.start(); !started) {
    return started.error();
  }
  if (std::unique_ptr<io::Stream> idle =
          pool.take(request.url, request.timeouts.idle_connection, request.proxy)) {
    auto state = std::make_unique<State>(pool, request, std::move(idle));
    const Result<void> answered = state->run(request);
    if (answered) {
      return std::unique_ptr<Exchange>(new Exchange(std::move(state)));
    }
    if (!state->may_run_again(request)) {
      return answered.error();
    }
    if (const Result<void> started = body.start(); !started) {
      return started.error();
    }
  }
  Result<std::unique_ptr<io::Stream>> fresh = connect(pool, request);
  if (!fresh) {
    return fresh.error();
  }
  auto state = std::make_unique<State>(pool, request, std::move(*fresh));
  if (const Result<void> answered = state->run(request); !answered) {
    return answered.error();
  }
  return std::unique_ptr<Exchange>(new Exchange(std::move(state)));
}

Exchange::Exchange(std::unique_ptr<State> state) : state_(std::move(state)) {}

Exchange::~Exchange() = default;

const wire::ResponseHead& Exchange::head() const {
  return state_->reader.head();
}

Result<std::string_view> Exchange::pull() {
  AnswerReader& reader = state_->reader;
  if (!reader.ready()) {
    assert(state_->stream != nullptr);
    reader.receive(*state_->stream, state_->idle);
  }
  Result<std::string_view> piece = reader.take();
  if (piece) {
    state_->settle();
  } else {
    state_->close();
  }
  return piece;
}

bool Exchange::ready() const {
  return state_->reader.ready();
}

std::optional<std::uint64_t> Exchange::length() const {
  switch (head().framing) {
    case wire::Framing::None:
      return 0;
    case wire::Framing::Length:
      return head().content_length;
    case wire::Framing::Chunked:
    case wire::Framing::UntilClose:
      break;
  }
  return std::nullopt;
}

const std::vector<std::pair<std::string, std::string>>& Exchange::trailers() const {
  return state_->reader.trailers();
}

Exchange::Switched Exchange::take_connection() {
  assert(head().status == 101);
  return {std::move(state_->stream), std::string(state_->reader.rest())};
}

}  // namespace llmsnap::upstream
