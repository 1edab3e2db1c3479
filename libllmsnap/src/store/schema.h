// The table of the activity, and how a file of an earlier version, or of llama-swap, comes to it.
// Thread rule: the connection's.
#pragma once

#include <cstdint>

#include "llmsnap/result.h"

namespace llmsnap::store {

class Connection;

/// Step by step, each in a transaction of its own, so that a kill leaves a version that is known.
/// An error where the file is of a later version.
Result<void> migrate(Connection& connection);

/// The greatest id that was ever given, also to a row that is gone; 0: none.
Result<std::int64_t> greatest_id(Connection& connection);

/// A second table, `unwritten`, that is this connection's alone.
Result<void> add_table_of_unwritten(Connection& connection);

}  // namespace llmsnap::store
