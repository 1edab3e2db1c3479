// Server: where a model's own server is asked by us, and with which key.
// Thread rule: a plain value.
#pragma once

#include <string>
#include <utility>

#include "base/url.h"

namespace llmsnap::process {

struct Server {
  /// Implicit: most have no key.
  Server(Url at, std::string key = {}) : url(std::move(at)), api_key(std::move(key)) {}

  Url url;
  std::string api_key;  ///< the config's `apiKey`; empty: it wants none
};

}  // namespace llmsnap::process
