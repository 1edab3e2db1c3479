// What llmsnapd changes about its own process at the start; a library may not.
// Thread rule: main only, before other threads exist.
#pragma once

#include <cstdint>

namespace llmsnapd {

/// Raises the limit on open descriptors to the most the system allows; gives the limit that holds
/// now.
std::uint64_t raise_descriptor_limit();

/// A write to a closed connection is an error to the writer, not the end of the process.
void ignore_broken_pipes();

/// What models leave behind, and whose parents are gone, becomes ours and not init's: it is found
/// and buried.
void become_subreaper();

}  // namespace llmsnapd
