// Header rules: which fields go to a model's server, and which of its answer's go to the client.
// Thread rule: pure functions; the results' views point into the arguments and into `owned`.
#pragma once

#include <list>
#include <string>
#include <string_view>

#include "wire/fields.h"
#include "wire/request_head.h"
#include "wire/response_head.h"
#include "wire/server_key.h"

namespace llmsnap::route {

/// Cookies pass where a model's own pages are served, and nowhere else: all models share our
/// origin.
enum class Cookies { Removed, Kept };

/// What is known of the client beside its head.
struct ClientConnection {
  std::string_view address;    ///< without port; empty for a Unix socket
  bool trusted_proxy = false;  ///< it may say for whom it speaks: its X-Forwarded-* are believed
  bool tls = false;
};

struct OutgoingFields {
  wire::Fields fields;
  std::list<std::string> owned;
};

/// True for fields that carry a client's key: they are neither sent on nor shown to rules.
bool is_credential(std::string_view name);

/// The client's end-to-end fields, byte for byte and in order, Host among them (`default_host`
/// where the client named none). Not sent: hop-by-hop fields and what Connection names,
/// credentials, Expect, Content-Length, Forwarded. Added: X-Forwarded-For, -Host, -Proto, Via.
OutgoingFields fields_to_model(const wire::RequestHead& head, const ClientConnection& client,
                               Cookies cookies, std::string_view default_host,
                               std::string_view via);

/// The same, but with the peer's Host and key, and without a word about the client's address: a
/// peer may belong to somebody else.
OutgoingFields fields_to_peer(const wire::RequestHead& head, Cookies cookies, std::string_view host,
                              const wire::ServerKey& key, std::string_view via);

/// The answer's fields for the client. Not sent: hop-by-hop fields and what Connection names,
/// framing, Date and X-Request-Id (the gateway writes its own), Strict-Transport-Security,
/// Clear-Site-Data, Service-Worker-Allowed, and Set-Cookie unless kept. Event streams get
/// `X-Accel-Buffering: no` here. Replaces what `fields` held.
void fields_to_client(const wire::ResponseHead& head, Cookies cookies, wire::Fields& fields);

}  // namespace llmsnap::route
