// Refusal: a target's answer, or the lack of one, that means that another one should be asked.
// Thread rule: pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "llmsnap/result.h"
#include "wire/fields.h"

namespace llmsnap::route {

enum class Trouble {
  Failing,  ///< it is broken, not there, or leads in a circle
  Busy      ///< it has too much to do, or is not to serve now
};

struct Refusal {
  std::string why;
  Trouble trouble = Trouble::Failing;
  std::chrono::seconds pause{0};  ///< where it is Busy: for how long others shall not ask it either
};

/// Of an answer. A 500 is none: it may well be the request's own fault. A 429 is Busy for as long
/// as it says in Retry-After, from 1 s, which holds where it says nothing, to 60 s.
std::optional<Refusal> refusal_of(int status, std::span<const wire::Field> fields);

/// Of a request without an answer. What the gateway itself has no room for is Busy, and without a
/// pause: it knows at each request how its models stand.
std::optional<Refusal> refusal_of(const Error& error);

}  // namespace llmsnap::route
