// What of a request's and an answer's header fields may be kept and shown: no credential.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap::record {

/// Stands where a credential stood.
inline constexpr std::string_view Redacted = "[REDACTED]";

/// Whether a field of that name holds a credential or a session: Authorization, Cookie, X-Api-Key
/// and their kin, in any case, and any other whose name tells of a secret.
bool is_secret_field(std::string_view name);

/// The value as it may be shown: nothing of a secret field's, and no password or secret parameter
/// of a URL in another's.
std::string shown_value(std::string_view name, std::string_view value);

}  // namespace llmsnap::record
