#include "peer/peer_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <utility>

#include "base/escape.h"
#include "io/fiber.h"
#include "io/loop.h"
#include "io/wait.h"
#include "log/log.h"
#include "peer/peer_news.h"
#include "upstream/exchange.h"
#include "upstream/pool.h"

namespace llmsnap::peer {
namespace {

using std::chrono::seconds;

constexpr seconds Pause{15};
constexpr seconds Patience{5};        // for each step of an answer
constexpr seconds LongestAnswer{20};  // from its first byte to its last
constexpr std::size_t LargestAnswer = std::size_t{4} * 1024 * 1024;

struct Told {
  int status = 0;
  std::string body;
};

Result<Told> ask(upstream::Pool& pool, const Peer& peer, std::string_view target) {
  const std::string host = peer.url().authority();
  wire::Fields fields{{"Host", host}, {"User-Agent", "llmsnapd"}, {"Accept", "application/json"}};
  if (!peer.authorization().empty()) {
    fields.push_back({"Authorization", peer.authorization()});
  }
  auto exchange = upstream::Exchange::open(
      pool, {.url = peer.url(),
             .method = "GET",
             .target = target,
             .fields = fields,
             .timeouts = {.connect = Patience, .response_header = Patience, .idle = Patience},
             .upgrade = {},
             .proxy = peer.forward_proxy()});
  if (!exchange) {
    return exchange.error();
  }
  Told told{(*exchange)->head().status, {}};
  const Deadline deadline = deadline_in(LongestAnswer);
  for (;;) {
    const auto piece = (*exchange)->pull();
    if (!piece) {
      return piece.error();
    }
    if (piece->empty()) {
      return told;
    }
    told.body.append(*piece);
    if (told.body.size() > LargestAnswer || SteadyClock::now() > deadline) {
      return Error{ErrorCode::UpstreamFailed,
                   fmt::format("{} tells too much or too slowly", target)};
    }
  }
}

bool is_good(const Told& told) {
  return told.status >= 200 && told.status < 300;
}

void warn_of_missing(const Peer& peer, const Names& offered, Log& log) {
  for (const std::string& model : peer.config().models) {
    if (offered.find(model) == offered.end()) {
      log.warn(fmt::format("peer {}: it does not list the model {}; requests for it may fail",
                           escaped(peer.config().id), escaped(model)));
    }
  }
}

/// One peer, as long as it is followed.
struct Watched {
  std::shared_ptr<Peer> peer;  // shared with the tables of models
  io::Interruption cut;
  bool names_compared = false;
};

enum class Next { AskAgain, NeverAgain };

/// A round of questions. The peer hears of its outcome.
Next ask_round(upstream::Pool& pool, Watched& watched, Log& log) {
  Peer& peer = *watched.peer;
  const auto began = SteadyClock::now();
  const auto running = ask(pool, peer, "/running");
  if (watched.cut.raised()) {
    return Next::NeverAgain;
  }
  if (!running) {
    if (peer.failed(began, SteadyClock::now())) {
      log.warn(fmt::format("peer {}: {}", escaped(peer.config().id), running.error().message));
    }
    return Next::AskAgain;
  }
  if (peer.answered()) {
    log.info(fmt::format("peer {}: it answers again", escaped(peer.config().id)));
  }
  auto seen = is_good(*running) ? models_running(running->body) : std::nullopt;
  if (!seen) {
    // A gateway that is just starting or refuses us will tell later; a model's server never.
    return running->status >= 500 || running->status == 429 ? Next::AskAgain : Next::NeverAgain;
  }
  const auto listed = ask(pool, peer, "/v1/models");
  const auto listing = listed && is_good(*listed) ? models_listed(listed->body) : std::nullopt;
  if (listing && !std::exchange(watched.names_compared, true)) {
    warn_of_missing(peer, listing->names, log);
  }
  peer.has_told(loaded_models(std::move(*seen), listing.value_or(Listing())));
  return Next::AskAgain;
}

}  // namespace

class PeerWatch::Side : public std::enable_shared_from_this<Side> {
 public:
  Side(io::Loop& loop, upstream::Pool& pool, Log& log) : loop_(loop), pool_(pool), log_(log) {}

  void follow(const std::vector<std::shared_ptr<Peer>>& peers) {
    for (auto at = watched_.begin(); at != watched_.end();) {
      const bool stays = std::count(peers.begin(), peers.end(), (*at)->peer) > 0;
      if (!stays) {
        (*at)->cut.raise(io::WaitResult::Shutdown);
      }
      at = stays ? std::next(at) : watched_.erase(at);
    }
    for (const std::shared_ptr<Peer>& peer : peers) {
      const bool is_new =
          std::none_of(watched_.begin(), watched_.end(),
                       [&peer](const auto& watched) { return watched->peer == peer; });
      if (is_new) {
        begin(peer);
      }
    }
  }

  void stop(const std::shared_ptr<std::promise<void>>& ended) {
    follow({});
    if (fibers_ == 0) {
      ended->set_value();
    } else {
      ended_ = ended;  // the last fiber says it
    }
  }

 private:
  void begin(const std::shared_ptr<Peer>& peer) {
    auto watched = std::make_shared<Watched>();  // shared with its fiber
    watched->peer = peer;
    watched_.push_back(watched);
    ++fibers_;
    if (!loop_.spawn([self = shared_from_this(), watched] { self->watch(*watched); })) {
      --fibers_;  // no memory for a stack: nothing is known of this peer then
    }
  }

  void watch(Watched& watched) {
    io::Fiber::current()->watch(&watched.cut);
    while (ask_round(pool_, watched, log_) == Next::AskAgain && !watched.cut.raised()) {
      io::Wait pause;
      const auto now = SteadyClock::now();
      pause.until(std::max(now + (watched.peer->is_backing_off(now) ? seconds(0) : Pause),
                           watched.peer->retry_at()));
    }
    io::Fiber::current()->watch(nullptr);
    if (--fibers_ == 0 && ended_) {
      ended_->set_value();
    }
  }

  io::Loop& loop_;
  upstream::Pool& pool_;
  Log& log_;
  std::vector<std::shared_ptr<Watched>> watched_;
  std::size_t fibers_ = 0;
  std::shared_ptr<std::promise<void>> ended_;
};

PeerWatch::PeerWatch(io::Loop& loop, upstream::Pool& pool, Log& log)
    : loop_(loop), side_(std::make_shared<Side>(loop, pool, log)) {}

PeerWatch::~PeerWatch() {
  stop();
}

void PeerWatch::follow(const std::vector<std::shared_ptr<Peer>>& peers) {
  loop_.post([side = side_, peers] { side->follow(peers); });
}

void PeerWatch::stop() {
  if (side_ == nullptr) {
    return;
  }
  const auto ended = std::make_shared<std::promise<void>>();
  std::future<void> end = ended->get_future();
  loop_.post([side = std::move(side_), ended] { side->stop(ended); });
  side_ = nullptr;
  end.wait();
}

}  // namespace llmsnap::peer
