// Describe: events and effects as one line each, for a trace. Thread rule: pure functions.
#pragma once

#include <string>

#include "schedule/effect.h"
#include "schedule/event.h"
#include "simulation/setup.h"

namespace llmsnap::test {

std::string describe(const Setup& setup);
/// With its time, in seconds.
std::string describe(const schedule::Event& event);
std::string describe(const schedule::Effect& effect);

}  // namespace llmsnap::test
