// Peer: another server whose models are served too: how it is spoken to, whether it answers, and
// what it told of its models. Thread rule: any thread; requests and the watch share it.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/back_off.h"
#include "base/clock.h"
#include "base/forward_proxy.h"
#include "base/mutex.h"
#include "base/url.h"
#include "llmsnap/result.h"
#include "llmsnap/routing_config.h"
#include "wire/server_key.h"

namespace llmsnap::peer {

/// A status that the server in front of a peer also gives where the peer is gone. After a question
/// about the peer itself it means just that; after a request it tells nothing of the peer, for the
/// fault may be that one model's.
constexpr bool may_be_gone(int status) {
  return status == 502 || status == 503 || status == 504;
}

class Peer {
 public:
  /// InvalidConfig where its `proxy` is missing or no URL. `environment` names the HTTP proxy that
  /// it is reached through.
  static Result<std::shared_ptr<Peer>> make(const PeerConfig& config,
                                            const ProxyEnvironment& environment = {});
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const PeerConfig& config() const { return config_; }
  const Url& url() const { return url_; }
  /// The HTTP proxy that every request to it goes through, or null. It lives as long as this.
  const ForwardProxy* forward_proxy() const { return forward_proxy_ ? &*forward_proxy_ : nullptr; }
  const wire::ServerKey& key() const { return key_; }

  /// A request that began then got no answer from it until now. True for the first one in a row:
  /// then it is news.
  bool failed(SteadyClock::time_point began, SteadyClock::time_point now);
  /// It answered something now. True where it had failed just before: then it is news.
  bool answered(SteadyClock::time_point now);
  /// The least there is before its first answer.
  SteadyClock::time_point answered_at() const;
  /// It failed lately, so that another one is asked before it: for 1, 2, 4, ... 60 s.
  bool is_backing_off(SteadyClock::time_point now) const { return now < retry_at(); }
  SteadyClock::time_point retry_at() const;

  /// The models, as it calls them, that would serve without a load. What it told before is
  /// forgotten.
  void has_told(std::set<std::string, std::less<>> loaded);
  /// False also where nothing is known.
  bool has_loaded(std::string_view model) const;

 private:
  Peer(PeerConfig config, Url url, std::optional<ForwardProxy> forward_proxy);

  const PeerConfig config_;
  const Url url_;
  const std::optional<ForwardProxy> forward_proxy_;
  const wire::ServerKey key_;
  mutable Mutex mutex_;
  BackOff back_off_ GUARDED_BY(mutex_);
  SteadyClock::time_point answered_at_ GUARDED_BY(mutex_) = SteadyClock::time_point::min();
  std::set<std::string, std::less<>> loaded_ GUARDED_BY(mutex_);
};

}  // namespace llmsnap::peer
