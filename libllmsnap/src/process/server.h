// Server: where a model's own server is asked by us, and with which key.
// Thread rule: a plain value.
#pragma once

#include <string>
#include <utility>

#include "base/url.h"
#include "wire/server_key.h"

namespace llmsnap::process {

struct Server {
  /// Implicit: most have no key.
  Server(Url at = {}, std::string api_key = {}) : url(std::move(at)), key(std::move(api_key)) {}

  Url url;
  wire::ServerKey key;
};

}  // namespace llmsnap::process
