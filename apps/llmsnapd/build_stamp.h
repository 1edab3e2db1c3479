// What this llmsnapd was built from. Thread rule: a pure function.
#pragma once

#include <string>

#include "llmsnap/build_version.h"

namespace llmsnapd {

llmsnap::BuildVersion build_stamp();

/// The same as one line.
std::string build_line();

}  // namespace llmsnapd
