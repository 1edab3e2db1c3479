#include "peer/peer.h"

#include <fmt/format.h>

#include <utility>

namespace llmsnap::peer {

Result<std::shared_ptr<Peer>> Peer::make(const PeerConfig& config,
                                         const ProxyEnvironment& environment) {
  Result<Url> url = parse_url(config.proxy);
  if (!url) {
    return Error{ErrorCode::InvalidConfig,
                 fmt::format("peers.{}.proxy: {}", config.id, url.error().message)};
  }
  std::optional<ForwardProxy> forward_proxy = proxy_for(*url, environment);
  return std::shared_ptr<Peer>(new Peer(config, std::move(*url), std::move(forward_proxy)));
}

Peer::Peer(PeerConfig config, Url url, std::optional<ForwardProxy> forward_proxy)
    : config_(std::move(config)),
      url_(std::move(url)),
      forward_proxy_(std::move(forward_proxy)),
      key_(config_.api_key) {}

bool Peer::failed(SteadyClock::time_point began, SteadyClock::time_point now) {
  const MutexLock lock(mutex_);
  if (!back_off_.attempt_failed(began, now)) {
    return false;
  }
  loaded_.clear();  // what it told is of a life that may have ended
  return back_off_.in_a_row() == 1;
}

bool Peer::answered(SteadyClock::time_point now) {
  const MutexLock lock(mutex_);
  answered_at_ = now;
  const bool had_failed = back_off_.in_a_row() > 0;
  if (had_failed) {
    back_off_.forgive();
  }
  return had_failed;
}

SteadyClock::time_point Peer::answered_at() const {
  const MutexLock lock(mutex_);
  return answered_at_;
}

SteadyClock::time_point Peer::retry_at() const {
  const MutexLock lock(mutex_);
  return back_off_.retry_at();
}

void Peer::has_told(std::set<std::string, std::less<>> loaded) {
  const MutexLock lock(mutex_);
  loaded_ = std::move(loaded);
}

bool Peer::has_loaded(std::string_view model) const {
  const MutexLock lock(mutex_);
  return loaded_.find(model) != loaded_.end();
}

}  // namespace llmsnap::peer
