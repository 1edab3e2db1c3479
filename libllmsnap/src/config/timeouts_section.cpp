#include "config/timeouts_section.h"

#include <array>

#include "config/key_table.h"

namespace llmsnap {
namespace {

/// We never ask a server to say 100 Continue, so there is no answer to wait for.
Result<void> read_expect_continue(const Field& field, ConnectionTimeouts& /*unused*/) {
  std::chrono::milliseconds without_effect{};
  return field.read(without_effect);
}

constexpr std::array<KeyRule<ConnectionTimeouts>, 7> TimeoutRules{{
    {"connect", [](const Field& f, ConnectionTimeouts& t) { return f.read(t.connect); }},
    {"tlsHandshake", [](const Field& f, ConnectionTimeouts& t) { return f.read(t.tls_handshake); }},
    {"responseHeader",
     [](const Field& f, ConnectionTimeouts& t) { return f.read(t.response_header); }},
    {"idle", [](const Field& f, ConnectionTimeouts& t) { return f.read(t.idle); }},
    {"keepalive", [](const Field& f, ConnectionTimeouts& t) { return f.read(t.keep_alive); }},
    {"idleConn", [](const Field& f, ConnectionTimeouts& t) { return f.read(t.idle_connection); }},
    {"expectContinue", read_expect_continue},
}};

}  // namespace

Result<void> read_timeouts(const Field& section, ConnectionTimeouts& out) {
  return read_section<ConnectionTimeouts>(section, TimeoutRules, out);
}

}  // namespace llmsnap
