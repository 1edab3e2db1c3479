// Who may come in, and with which key we go out: `apiKeys`, `apiKey`, `allowedHosts`,
// `trustedProxies`, `listen`, `security`. Messages never show a key. Thread rule: used by the
// thread that loads.
#pragma once

#include <string>

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

Result<void> read_api_keys(const Field& field, Config& out);
Result<void> read_allowed_hosts(const Field& field, Config& out);
Result<void> read_trusted_proxies(const Field& field, Config& out);
Result<void> read_listen(const Field& field, Config& out);
/// The `apiKey` of a server that we ask.
Result<void> read_server_key(const Field& field, std::string& out);
Result<void> read_security(const Field& section, Config& out);

}  // namespace llmsnap
