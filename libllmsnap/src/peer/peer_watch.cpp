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
#include "peer/inquiry.h"
#include "peer/peer_news.h"
#include "upstream/exchange.h"
#include "upstream/pool.h"

namespace llmsnap::peer {
namespace {

using std::chrono::seconds;

constexpr seconds Patience{5};        // for each step of an answer, where the peer has no less
constexpr seconds LongestAnswer{20};  // from its first byte to its last
constexpr std::size_t LargestAnswer = std::size_t{4} * 1024 * 1024;

struct Answer {
  int status = 0;
  std::string body;  // empty where it is too large, or was not wanted
};

ConnectionTimeouts bounded(ConnectionTimeouts timeouts) {
  for (auto* step : {&timeouts.connect, &timeouts.response_header, &timeouts.idle}) {
    *step = step->count() == 0 ? Patience : std::min<std::chrono::milliseconds>(*step, Patience);
  }
  return timeouts;
}

wire::Fields fields_for(const Peer& peer, const std::string& host) {
  wire::Fields fields{{"Host", host}, {"User-Agent", "llmsnapd"}, {"Accept", "application/json"}};
  peer.key().add_to(fields);
  return fields;
}

enum class Wanted { Status, Body };

Result<Answer> ask(upstream::Pool& pool, const Peer& peer, std::string_view target, Wanted wanted) {
  const std::string host = peer.url().authority();
  const wire::Fields fields = fields_for(peer, host);
  auto exchange = upstream::Exchange::open(pool, {.url = peer.url(),
                                                  .method = "GET",
                                                  .target = target,
                                                  .fields = fields,
                                                  .timeouts = bounded(peer.config().timeouts),
                                                  .upgrade = {},
                                                  .proxy = peer.forward_proxy()});
  if (!exchange) {
    return exchange.error();
  }
  Answer answer{(*exchange)->head().status, {}};
  const Deadline deadline = deadline_in(LongestAnswer);
  while (wanted == Wanted::Body) {
    const auto piece = (*exchange)->pull();
    if (!piece) {
      return piece.error();
    }
    if (piece->empty()) {
      break;
    }
    if (SteadyClock::now() > deadline) {
      return Error{ErrorCode::UpstreamTimeout, fmt::format("it answers {} too slowly", target)};
    }
    answer.body.append(*piece);
    if (answer.body.size() > LargestAnswer) {
      answer.body.clear();
      break;
    }
  }
  return answer;
}

bool is_good(const Answer& answer) {
  return answer.status >= 200 && answer.status < 300;
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
  Inquiry inquiry;
  bool names_compared = false;
  bool refusal_told = false;
};

void note_failure(Watched& watched, SteadyClock::time_point began, const std::string& why,
                  Log& log) {
  watched.inquiry.failed();
  if (watched.peer->failed(began, SteadyClock::now())) {
    log.warn(fmt::format("peer {}: {}", escaped(watched.peer->config().id), why));
  }
}

void note_answer(Watched& watched, int listing_status, Log& log) {
  const std::string peer = escaped(watched.peer->config().id);
  if (watched.peer->answered(SteadyClock::now())) {
    log.info(fmt::format("peer {}: it answers again", peer));
  }
  const bool refuses_key = listing_status == 401 || listing_status == 403;
  if (refuses_key && !watched.refusal_told) {
    log.warn(fmt::format("peer {}: it does not list its models: status {}; see its apiKey", peer,
                         listing_status));
  }
  watched.refusal_told = refuses_key;
}

/// What a round has told of the peer's models.
struct Told {
  Said of_running = Said::NotAsked;
  Said of_listing = Said::Nothing;
  Running running;
  Listing listing;
};

Said without_content(const Answer& answer) {
  return refuses(answer.status) ? Said::Refused : Said::Nothing;
}

Said read_running(const Answer& answer, Running& running) {
  auto seen = is_good(answer) ? models_running(answer.body) : std::nullopt;
  if (!seen) {
    return without_content(answer);
  }
  running = std::move(*seen);
  return Said::States;
}

Said read_listing(const Answer& answer, Wanted wanted, Listing& listing) {
  if (!is_good(answer)) {
    return without_content(answer);
  }
  if (wanted == Wanted::Status) {
    return Said::Names;  // as when it was read
  }
  auto seen = models_listed(answer.body);
  if (!seen) {
    return Said::Nothing;
  }
  listing = std::move(*seen);
  return listing.tells_states ? Said::States : Said::Names;
}

void take(Watched& watched, Told told, Log& log) {
  watched.inquiry.told(told.of_running, told.of_listing, SteadyClock::now());
  const bool is_gateway = told.of_running == Said::States || told.of_listing == Said::States;
  if (is_gateway && !told.listing.names.empty() && !std::exchange(watched.names_compared, true)) {
    warn_of_missing(*watched.peer, told.listing.names, log);
  }
  watched.peer->has_told(loaded_models(std::move(told.running), told.listing));
}

/// A round of questions. The peer hears of its outcome, unless it was cut off.
void ask_round(upstream::Pool& pool, Watched& watched, Log& log) {
  const auto began = SteadyClock::now();
  const Wanted wanted = watched.inquiry.reads_listing(began) ? Wanted::Body : Wanted::Status;
  Told told;
  if (watched.inquiry.asks_running(began)) {
    const auto answer = ask(pool, *watched.peer, "/running", Wanted::Body);
    if (watched.cut.raised()) {
      return;
    }
    if (!answer) {
      note_failure(watched, began, answer.error().message, log);
      return;
    }
    told.of_running = read_running(*answer, told.running);
  }
  const auto answer = ask(pool, *watched.peer, "/v1/models", wanted);
  if (watched.cut.raised()) {
    return;
  }
  const bool is_there = answer && !may_be_gone(answer->status);
  if (!is_there && told.of_running != Said::States) {
    note_failure(
        watched, began,
        answer ? fmt::format("GET /v1/models: status {}", answer->status) : answer.error().message,
        log);
    return;
  }
  note_answer(watched, answer ? answer->status : 0, log);
  if (answer) {
    told.of_listing = read_listing(*answer, wanted, told.listing);
  }
  take(watched, std::move(told), log);
}

SteadyClock::time_point next_round(const Watched& watched, SteadyClock::time_point ended) {
  const Peer& peer = *watched.peer;
  return peer.is_backing_off(ended) ? peer.retry_at()
                                    : watched.inquiry.next_round(ended, peer.answered_at());
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
    while (!watched.cut.raised()) {
      ask_round(pool_, watched, log_);
      const auto ended = SteadyClock::now();
      // Requests go on meanwhile: their answers and failures put the next round off.
      for (auto next = next_round(watched, ended);
           !watched.cut.raised() && SteadyClock::now() < next; next = next_round(watched, ended)) {
        io::Wait pause;
        pause.until(next);
      }
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
