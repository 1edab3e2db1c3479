#include "upstream/pool.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "io/loop.h"
#include "io/timers.h"
#include "upstream/blocks.h"

namespace llmsnap::upstream {
namespace {

struct Idle {
  std::unique_ptr<io::Stream> stream;
  SteadyClock::time_point since;

  /// Bytes nobody asked for are as bad as an end: the next answer could not be told from them.
  bool usable(SteadyClock::time_point now, const Pool::Limits& limits) const {
    const bool unheard = now - since < limits.look_after || !stream->readable_now();
    return now < since + limits.idle_time && unheard && !stream->readable() &&
           !stream->peer_closed();
  }
};

/// Where a connection leads, and which way; to look up by, without copies.
struct WayView {
  const Url& url;
  const ForwardProxy* proxy;
};

struct Way {
  operator WayView() const { return {url, proxy ? &*proxy : nullptr}; }

  Url url;
  std::optional<ForwardProxy> proxy;
};

struct WayHash {
  using is_transparent = void;
  std::size_t operator()(const WayView& way) const {
    const std::hash<std::string> text;
    const Url& url = way.url;
    std::size_t hash = text(url.scheme == Url::Scheme::Unix ? url.socket_path : url.host);
    return hash * 31 + url.port;
  }
};

struct SameWay {
  using is_transparent = void;
  bool operator()(const WayView& a, const WayView& b) const {
    const bool both_direct = a.proxy == nullptr && b.proxy == nullptr;
    const bool both_through = a.proxy != nullptr && b.proxy != nullptr;
    return a.url == b.url && (both_direct || (both_through && *a.proxy == *b.proxy));
  }
};

}  // namespace

struct Pool::State {
  explicit State(Limits given) : limits(given) {}

  void sweep(SteadyClock::time_point now);

  /// Without it connections to a server that is not asked again would stay open for ever.
  class Sweeper final : public io::Timer {
   public:
    Sweeper(io::Timers& timers, State& state) : Timer(timers), state_(state) {}

   private:
    void expired() override { state_.sweep(SteadyClock::now()); }
    State& state_;
  };

  const Limits limits;
  BlockList blocks;
  std::unordered_map<Way, std::vector<Idle>, WayHash, SameWay>
      servers;                     // the last one was used last
  std::optional<Sweeper> sweeper;  // made on the loop, when first needed
};

void Pool::State::sweep(SteadyClock::time_point now) {
  Deadline next = NoDeadline;
  for (auto server = servers.begin(); server != servers.end();) {
    std::vector<Idle>& idle = server->second;
    std::erase_if(idle, [this, now](const Idle& one) { return !one.usable(now, limits); });
    if (idle.empty()) {
      server = servers.erase(server);
      continue;
    }
    next = std::min(next, idle.front().since + limits.idle_time);
    ++server;
  }
  if (sweeper) {
    sweeper->arm(next);
  }
}

Pool::Pool() : Pool(Limits()) {}
Pool::Pool(Limits limits) : state_(std::make_unique<State>(limits)) {}
Pool::~Pool() = default;

std::unique_ptr<io::Stream> Pool::take(const Url& url, std::chrono::milliseconds longest,
                                       const ForwardProxy* proxy) {
  const auto server = state_->servers.find(WayView{url, proxy});
  if (server == state_->servers.end()) {
    return nullptr;
  }
  std::vector<Idle>& idle = server->second;
  const SteadyClock::time_point now = SteadyClock::now();
  while (!idle.empty()) {
    const bool is_fresh = longest.count() == 0 || now - idle.back().since < longest;
    const bool usable = is_fresh && idle.back().usable(now, state_->limits);
    std::unique_ptr<io::Stream> stream = std::move(idle.back().stream);
    idle.pop_back();
    if (usable) {
      return stream;
    }
  }
  return nullptr;
}

void Pool::give_back(const Url& url, std::unique_ptr<io::Stream> stream,
                     const ForwardProxy* proxy) {
  if (state_->limits.idle_per_server == 0) {
    return;
  }
  auto server = state_->servers.find(WayView{url, proxy});
  if (server == state_->servers.end()) {
    Way way{url, proxy == nullptr ? std::nullopt : std::optional(*proxy)};
    server = state_->servers.emplace(std::move(way), std::vector<Idle>()).first;
  }
  std::vector<Idle>& idle = server->second;
  if (idle.size() >= state_->limits.idle_per_server) {
    idle.erase(idle.begin());
  }
  idle.push_back({std::move(stream), SteadyClock::now()});
  io::Loop* loop = io::Loop::current();
  if (!state_->sweeper && loop != nullptr) {
    state_->sweeper.emplace(loop->timers(), *state_);
  }
  if (state_->sweeper && !state_->sweeper->armed()) {
    state_->sweeper->arm(idle.back().since + state_->limits.idle_time);
  }
}

void Pool::clear() {
  state_->servers.clear();
}

std::size_t Pool::idle() const {
  std::size_t count = 0;
  for (const auto& [way, idle] : state_->servers) {
    count += idle.size();
  }
  return count;
}

BlockList& Pool::blocks() {
  return state_->blocks;
}

}  // namespace llmsnap::upstream
