#include "fake_exchange.h"

namespace llmsnap::upstream {

using api::test::FakePool;

struct Pool::State {};
Pool::Pool() = default;
Pool::~Pool() = default;

struct Exchange::State {
  explicit State(FakePool& fake) : pool(fake) { ++pool.open_exchanges; }
  ~State() { --pool.open_exchanges; }

  FakePool& pool;
  api::test::ScriptedAnswer answer;
  wire::ResponseHead head;
  std::size_t next = 0;
};

Exchange::Exchange(std::unique_ptr<State> state) : state_(std::move(state)) {}
Exchange::~Exchange() = default;

Result<std::unique_ptr<Exchange>> Exchange::open(Pool& pool, const OutgoingRequest& request) {
  auto& fake = static_cast<FakePool&>(pool);
  auto& sent = fake.sent.emplace_back();
  sent.host = request.url.host;
  sent.method = request.method;
  sent.target = request.target;
  sent.upgrade = request.upgrade;
  for (const auto& field : request.fields) {
    sent.fields.emplace_back(field.name, field.value);
  }
  while (request.body != nullptr) {
    const auto piece = request.body->pull();
    if (!piece) {
      return piece.error();
    }
    if (piece->empty()) {
      break;
    }
    sent.body += *piece;
  }
  if (fake.answer.open_error) {
    return *fake.answer.open_error;
  }
  auto state = std::make_unique<State>(fake);
  state->answer = fake.answer;
  auto& head = state->head;
  head.status = state->answer.status;
  for (const auto& [name, value] : state->answer.fields) {
    head.fields.push_back({name, value});
  }
  for (const auto& piece : state->answer.pieces) {
    head.content_length += piece.size();
  }
  head.has_length = !state->answer.chunked;
  head.framing = state->answer.chunked ? wire::Framing::Chunked : wire::Framing::Length;
  return std::unique_ptr<Exchange>(new Exchange(std::move(state)));
}

const wire::ResponseHead& Exchange::head() const {
  return state_->head;
}

Result<std::string_view> Exchange::pull() {
  const auto& answer = state_->answer;
  if (state_->next < answer.pieces.size()) {
    return std::string_view(answer.pieces[state_->next++]);
  }
  if (answer.break_error) {
    return *answer.break_error;
  }
  return std::string_view();
}

bool Exchange::ready() const {
  return true;
}

std::optional<std::uint64_t> Exchange::length() const {
  return std::nullopt;
}

}  // namespace llmsnap::upstream
