// find_usage_key: the quick look that spares almost every event of a stream from being read.
// Thread rule: a pure function.
#pragma once

namespace llmsnap::record {

/// The first place in [begin, end) where the text of a key stands that MemberFinder picks objects
/// or strings by, followed by such a value; null where there is none. A line without it need not be
/// read; one with it may still turn out to be a string that looks like one.
const char* find_usage_key(const char* begin, const char* end);

}  // namespace llmsnap::record
