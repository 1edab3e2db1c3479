// Who may come in: `apiKeys`, `allowedHosts`, `trustedProxies`, `listen`, `security`. Messages
// never show a key. Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

Result<void> read_api_keys(const Field& field, Config& out);
Result<void> read_allowed_hosts(const Field& field, Config& out);
Result<void> read_trusted_proxies(const Field& field, Config& out);
Result<void> read_listen(const Field& field, Config& out);
Result<void> read_security(const Field& section, Config& out);

}  // namespace llmsnap
