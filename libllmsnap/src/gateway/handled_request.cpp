#include "gateway/handled_request.h"

#include <chrono>
#include <new>
#include <string_view>
#include <utility>

#include "api/outcome_of_break.h"
#include "api/sliced_body.h"
#include "base/at_exit.h"
#include "gateway/gateway_core.h"
#include "gateway/handled_head.h"
#include "io/fiber.h"

namespace llmsnap {
namespace {

/// Waits on condition variables are re-checked at least this often; nobody depends on it.
constexpr auto LongTime = std::chrono::hours(1);

OwnedFields owned(const api::Answer& answer) {
  OwnedFields fields;
  for (const wire::Field& field : answer.fields) {
    fields.emplace_back(field.name, field.value);
  }
  if (answer.length) {
    fields.emplace_back("Content-Length", std::to_string(*answer.length));
  }
  return fields;
}

}  // namespace

HandledRequest::HandledRequest(GatewayCore& core, LoopState& state, GatewayRequest request)
    : core_(core), state_(state), request_(std::move(request)) {}

void HandledRequest::start() {
  state_.loop.post([self = shared_from_this()] {
    self->active_.emplace(self->state_.handled);  // from here on a shutdown waits for it
    if (!self->state_.loop.spawn([self] { self->run(); })) {
      self->turn_away();
    }
  });
}

HandledRequest::Head HandledRequest::take_head() {
  const MutexLock lock(mutex_);
  while (!head_) {
    changed_.wait_until(mutex_, SteadyClock::now() + LongTime);
  }
  return std::move(*head_);
}

Result<std::string> HandledRequest::take_piece() {
  std::optional<std::string> piece;
  {
    const MutexLock lock(mutex_);
    while (!piece_ && !ended_) {
      changed_.wait_until(mutex_, SteadyClock::now() + LongTime);
    }
    piece = std::exchange(piece_, std::nullopt);
    if (!piece) {
      return error_ ? Result<std::string>(*error_) : Result<std::string>(std::string());
    }
  }
  state_.loop.post([self = shared_from_this()] {
    if (self->taker_ != nullptr) {
      self->taker_->notify();
    }
  });
  return std::move(*piece);
}

void HandledRequest::abandon() {
  {
    const MutexLock lock(mutex_);
    if (ended_) {
      return;  // the fiber is done, and the gateway may be gone
    }
    abandoned_ = true;
  }
  state_.loop.post([self = shared_from_this()] {
    if (self->active_) {
      self->active_->interruption().raise(io::WaitResult::ClientLeft);
    }
  });
}

/// Without a fiber, and maybe without memory: then the answer is a bare 500.
void HandledRequest::turn_away() {
  core_.overload().no_stack();
  try {
    refuse_without_fiber(core_.shutdown_error().value_or(
        Error{ErrorCode::Unavailable, "no memory for the request's stack is left"}));
  } catch (const std::bad_alloc&) {
    // end_answer says so.
  }
  end_answer();
  active_.reset();
}

void HandledRequest::refuse_without_fiber(const Error& error) {
  TrafficRecord record = begun_record();
  {
    const api::Answer answer = core_.api().refuse(error, record);
    give_head(answer);
    if (answer.body && request_.method != "HEAD") {
      // An error's text: it is there, and in one piece.
      if (const Result<std::string_view> text = answer.body->pull(); text && !text->empty()) {
        record.response_bytes = text->size();
        const MutexLock lock(mutex_);
        piece_ = std::string(*text);
      }
    }
  }
  record.finished = SteadyClock::now();
  core_.complete(std::move(record));
}

/// What is known of it before its head was looked at.
TrafficRecord HandledRequest::begun_record() const {
  TrafficRecord record;
  record.received = SteadyClock::now();
  record.received_at = std::chrono::system_clock::now();
  record.client = request_.client_address;
  record.method = request_.method;
  record.path = request_.target.substr(0, request_.target.find('?')).substr(0, api::RecordedPath);
  record.request_bytes = request_.body.size();
  return record;
}

void HandledRequest::run() {
  const AtExit end([this] { end_run(); });  // also when an exception leaves
  io::Fiber::current()->watch(&active_->interruption());
  answer();
}

void HandledRequest::end_run() {
  io::Fiber::current()->watch(nullptr);
  end_answer();
  active_.reset();
}

void HandledRequest::answer() {
  std::string head_bytes;
  wire::RequestHead head;
  const Result<void> valid = make_head(request_, core_.config().limits, head_bytes, head);
  api::SlicedBody body(request_.body);
  api::Request request{.head = head,
                       .body = request_.body.empty() ? nullptr : &body,
                       .client_address = request_.client_address,
                       .listen_name = {},
                       .to_loopback = false,
                       .tls = false,
                       .can_upgrade = false,
                       .pool = state_.pool,
                       .stop_notice = &state_.stop_notice,
                       .early = this,
                       .begun = api::StreamDialect::None,
                       .record = begun_record()};
  {
    std::optional<Error> refusal = core_.shutdown_error();
    if (!refusal && !valid) {
      refusal = valid.error();
    }
    api::Answer answer =
        refusal ? core_.api().refuse(*refusal, request.record) : core_.api().handle(request);
    if (request.begun == api::StreamDialect::None) {
      give_head(answer);
    }
    give_body(answer, request);
  }
  request.record.finished = SteadyClock::now();
  core_.complete(std::move(request.record));
}

Result<void> HandledRequest::begin(const api::Answer& answer) {
  give_head(answer);
  return {};
}

/// Does not wait for the caller, who may take his time: it waits with what comes next, or is
/// dropped.
Result<void> HandledRequest::write(std::string_view piece) {
  constexpr std::size_t MostUntaken = 64 * 1024;
  {
    const MutexLock lock(mutex_);
    if (abandoned_) {
      return Error{ErrorCode::ClientLeft, "the caller dropped the answer"};
    }
    if (!piece_) {
      piece_.emplace();
    }
    if (piece_->size() < MostUntaken) {
      piece_->append(piece);
    }
  }
  changed_.notify_all();
  return {};
}

void HandledRequest::give_head(const api::Answer& answer) {
  {
    const MutexLock lock(mutex_);
    head_ = Head{answer.status, owned(answer)};
    head_given_ = true;
  }
  changed_.notify_all();
}

void HandledRequest::give_body(api::Answer& answer, api::Request& request) {
  TrafficRecord& record = request.record;
  if (!answer.body || request.head.method == "HEAD" || answer.status == 204 ||
      answer.status == 304) {
    return;
  }
  for (;;) {
    const Result<std::string_view> piece = answer.body->pull();
    if (!piece && request.begun != api::StreamDialect::None && record.response_bytes == 0) {
      // News of the load were given, and nothing of the model's: its stream can still end well.
      answer = core_.api().fail(piece.error(), request);
      record.outcome = api::outcome_of_break(piece.error().code);
      continue;
    }
    if (!piece) {
      record.outcome = api::outcome_of_break(piece.error().code);
      record.error = piece.error().message;
      const MutexLock lock(mutex_);
      error_ = piece.error();
      return;
    }
    if (piece->empty()) {
      return;
    }
    record.response_bytes += piece->size();
    const io::WaitResult given = give_piece(std::string(*piece));
    if (given != io::WaitResult::Event) {
      const bool cut = given == io::WaitResult::Shutdown;
      record.outcome = cut ? Outcome::Shutdown : Outcome::ClientLeft;
      record.error = cut ? "the gateway is shutting down" : "the caller dropped the answer";
      return;
    }
  }
}

/// Event when the caller took it, else why the wait for that ended.
io::WaitResult HandledRequest::give_piece(std::string piece) {
  io::Wait taken;
  taker_ = &taken;
  {
    const MutexLock lock(mutex_);
    piece_ = piece_ ? *piece_ + piece : std::move(piece);  // behind early ones that were not taken
  }
  changed_.notify_all();
  const io::WaitResult result = taken.until(NoDeadline);
  taker_ = nullptr;
  if (result == io::WaitResult::Shutdown) {
    const MutexLock lock(mutex_);
    error_ = Error{ErrorCode::ShuttingDown, "the gateway is shutting down"};
  }
  return result;
}

void HandledRequest::end_answer() {
  {
    const MutexLock lock(mutex_);
    ended_ = true;
    if (!head_given_) {
      head_ = Head{500, {}};
      error_ = Error{ErrorCode::Internal, "the request ended with an exception"};
    }
  }
  changed_.notify_all();
}

struct GatewayAnswer::State {
  std::shared_ptr<HandledRequest> request;  // owners: this and its fiber
  HandledRequest::Head head;
  bool ended = false;
};

GatewayAnswer::GatewayAnswer(std::unique_ptr<State> state) : state_(std::move(state)) {}
GatewayAnswer::GatewayAnswer(GatewayAnswer&&) noexcept = default;
GatewayAnswer& GatewayAnswer::operator=(GatewayAnswer&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

GatewayAnswer::~GatewayAnswer() {
  if (state_ && !state_->ended) {
    state_->request->abandon();
  }
}

int GatewayAnswer::status() const {
  return state_->head.status;
}

const OwnedFields& GatewayAnswer::headers() const {
  return state_->head.fields;
}

Result<std::string> GatewayAnswer::next() {
  if (state_->ended) {
    return std::string();
  }
  Result<std::string> piece = state_->request->take_piece();
  state_->ended = !piece || piece->empty();
  return piece;
}

GatewayAnswer GatewayCore::handle(GatewayRequest request) {
  LoopState& state = *loops_[next_loop_.fetch_add(1, std::memory_order_relaxed) % loops_.size()];
  auto handled = std::make_shared<HandledRequest>(*this, state, std::move(request));
  handled->start();
  auto answer = std::make_unique<GatewayAnswer::State>();
  answer->head = handled->take_head();
  answer->request = std::move(handled);
  return GatewayAnswer(std::move(answer));
}

}  // namespace llmsnap
