// Admission: a request's way into one life of one of a model's instances.
// Thread rule: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "process/gate.h"

namespace llmsnap::schedule {

struct Admission {
  process::Gate::Entry entry = process::Gate::Entry::Closed;
  std::size_t place = 0;  ///< of the instance among its model's
  std::uint32_t incarnation = 0;
  std::uint16_t port = 0;  ///< where it listens
};

}  // namespace llmsnap::schedule
