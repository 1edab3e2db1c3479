#pragma once
// What the model does to its standard output beside its few lines.
// Any thread.

#include <cstdint>

namespace fake_model {

// Who reads our outputs sees their end.
void close_output();

// Writes that many bytes, line end included, on a thread of its own, and a last line that says so.
void start_flood(std::uint64_t bytes, bool in_lines);

}  // namespace fake_model
