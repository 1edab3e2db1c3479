// What a peer that is a gateway like this one tells of its models, read from its answers.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace llmsnap::peer {

using Names = std::set<std::string, std::less<>>;

struct Running {
  Names ready;
  Names not_ready;  ///< starting, stopping, asleep
};

/// Of the answer to GET /running. Nothing where it is none of llmsnapd's, llmsnap's or
/// llama-swap's: then the peer is no such gateway.
std::optional<Running> models_running(std::string_view json);

struct Listing {
  Names names;                ///< all that it may be asked for, as far as it lists them
  Names loaded;               ///< of these, those that it says are loaded, aliases among them
  bool tells_states = false;  ///< of one of them at least: then what is not loaded is not
};

/// Of the answer to GET /v1/models. Nothing where it is no listing.
std::optional<Listing> models_listed(std::string_view json);

/// What would serve without a load. The listing knows aliases, which /running does not; but it
/// calls also those loaded that have only begun to load.
Names loaded_models(Running running, const Listing& listing);

}  // namespace llmsnap::peer
