#include "route/usage_asking.h"

#include "base/ascii.h"

namespace llmsnap::route {
namespace {

bool is_bad_request(const wire::ResponseHead& head) {
  return head.status == 400 || head.status == 422;
}

bool is_coded(const wire::ResponseHead& head) {
  return head.status == 200 && wire::has_coding(head.fields);
}

bool starts_llama_cpp(const std::string& command) {
  return command.find("llama-server") != command.npos || command.find("llama.cpp") != command.npos;
}

}  // namespace

UsageAsking::UsageAsking(const ModelConfig& model)
    : state_(starts_llama_cpp(model.cmd) ? State::TellsItself : State::Unknown) {}

bool UsageAsking::is_refusal(const wire::ResponseHead& head) const {
  return is_coded(head) || (is_bad_request(head) && state_.load() == State::Unknown);
}

void UsageAsking::answered(const wire::ResponseHead& head) {
  if (head.status == 200) {
    State unknown = State::Unknown;
    state_.compare_exchange_strong(unknown, State::Understood);
  }
}

UsageAsking::Refusal UsageAsking::refusal_in(const wire::ResponseHead& head) {
  return is_coded(head) ? Refusal::Coded : Refusal::BadRequest;
}

void UsageAsking::answered_again(Refusal refusal, const wire::ResponseHead& again) {
  // Where it fails both ways the request is wrong.
  if (refusal == Refusal::Coded || again.status < 400) {
    state_.store(State::Refused);
  }
}

void UsageAsking::told_nothing() {
  State itself = State::TellsItself;
  state_.compare_exchange_strong(itself, State::Unknown);
}

void UsageAsking::learn(State state) {
  State known = state_.load();
  while (known != State::Refused && known != state && !state_.compare_exchange_weak(known, state)) {
  }
}

}  // namespace llmsnap::route
