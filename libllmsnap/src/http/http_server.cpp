#include "llmsnap/http_server.h"

#include <algorithm>
#include <future>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "base/listen_address.h"
#include "base/mutex.h"
#include "gateway/gateway_core.h"
#include "http/loop_front.h"
#include "io/listener.h"
#include "io/tls.h"

namespace llmsnap {
namespace {

/// A loop that works more than this share of its time (in thousandths) gets no more connections
/// while another has room.
constexpr int FullEnough = 500;
/// Nor does one that holds so many more than the last: an idle moment says little about later ones.
constexpr std::size_t ManyMore = 1024;

Address address_of(const ListenAddress& bound) {
  return {bound.host, bound.port, bound.text()};
}

}  // namespace

struct HttpServer::State {
  State(GatewayCore& its_core, HttpServerOptions its_options)
      : core(its_core), options(std::move(its_options)) {}

  /// An open listener, and what its connections share.
  struct Entry {
    std::unique_ptr<io::Listener> listener;
    http::ListenerFacts facts;
  };

  GatewayCore& core;
  const HttpServerOptions options;
  std::unique_ptr<io::TlsContext> tls;
  http::HttplibAdapter adapter;
  std::atomic<std::size_t> open_connections{0};
  std::vector<std::unique_ptr<http::LoopFront>> fronts;  // one per loop

  Mutex mutex;
  CondVar changed;
  std::list<Entry> entries GUARDED_BY(mutex);
  bool stopping GUARDED_BY(mutex) = false;
  bool stopped GUARDED_BY(mutex) = false;
  Subscription reloads;

  void on_loop(std::size_t index, std::function<void()> task) {
    core.engine().run_on(core.engine().loop(index), std::move(task));
  }
  Result<void> load_tls();
  void renew_tls();
  std::size_t choose_front() const;
  void distribute(io::Accepted accepted, const http::ListenerFacts& facts);
  void close_listeners();
  void stop_fronts();
};

/// The first loop that has time left, else the one that holds fewest. Streams that share a loop
/// share its wake-ups, which are most of what a relayed event costs; spread over idle loops each
/// would wake a thread of its own.
std::size_t HttpServer::State::choose_front() const {
  for (std::size_t i = 0; i < fronts.size(); ++i) {
    if (core.engine().loop(i).load_permille() <= FullEnough &&
        fronts[i]->open() <= fronts.back()->open() + ManyMore) {
      return i;
    }
  }
  const auto least =
      std::min_element(fronts.begin(), fronts.end(),
                       [](const auto& a, const auto& b) { return a->open() < b->open(); });
  return static_cast<std::size_t>(least - fronts.begin());
}

/// On the first loop's thread.
void HttpServer::State::distribute(io::Accepted accepted, const http::ListenerFacts& facts) {
  const std::size_t index = choose_front();
  fronts[index]->expect();
  if (index == 0) {
    fronts[0]->accept(std::move(accepted), facts);
    return;
  }
  core.engine().loop(index).post([this, index, &facts, taken = std::move(accepted)]() mutable {
    fronts[index]->accept(std::move(taken), facts);
  });
}

Result<void> HttpServer::State::load_tls() {
  if (tls || !options.tls) {
    return {};
  }
  auto loaded = io::TlsContext::server(options.tls->certificate, options.tls->key);
  if (!loaded) {
    return loaded.error();
  }
  tls = std::move(*loaded);
  return {};
}

void HttpServer::State::renew_tls() {
  if (tls == nullptr) {
    return;
  }
  auto loaded = io::TlsContext::server(options.tls->certificate, options.tls->key);
  if (loaded) {
    tls->renew(**loaded);
  } else {
    core.log().error("the certificate in use stays: " + loaded.error().message);
  }
}

HttpServer::HttpServer(Gateway& gateway, HttpServerOptions options)
    : state_(std::make_unique<State>(*gateway.core_, std::move(options))) {
  GatewayCore& core = state_->core;
  for (std::size_t i = 0; i < core.engine().size(); ++i) {
    state_->fronts.push_back(std::make_unique<http::LoopFront>(
        core, core.loops()[i]->pool, state_->adapter, state_->open_connections));
  }
  if (state_->options.tls) {
    state_->reloads = core.events().on_reload([this](const ReloadReport& report) {
      if (report.errors.empty()) {
        state_->renew_tls();
      }
    });
  }
}

HttpServer::~HttpServer() {
  state_->reloads.cancel();
  stop();
}

Result<Address> HttpServer::listen(std::string_view address) {
  const Result<ListenAddress> wanted = parse_listen(address);
  if (!wanted) {
    return wanted.error();
  }
  if (const Result<void> loaded = state_->load_tls(); !loaded) {
    return loaded.error();
  }
  Result<std::unique_ptr<io::Listener>> listener = io::Listener::open(*wanted);
  if (!listener) {
    return listener.error();
  }
  const Address bound = address_of((*listener)->address());
  const bool plain = wanted->kind == ListenAddress::Kind::Unix;
  State::Entry* entry = nullptr;
  {
    const MutexLock lock(state_->mutex);
    if (state_->stopping) {
      return Error{ErrorCode::Unavailable,
                   "cannot listen on " + bound.text + ": the server was stopped"};
    }
    entry = &state_->entries.emplace_back(
        State::Entry{std::move(*listener), {wanted->host, plain ? nullptr : state_->tls.get()}});
  }
  state_->on_loop(0, [this, entry] {
    State& state = *state_;
    entry->listener->start(
        state.core.engine().loop(0),
        [&state, entry](io::Accepted accepted) {
          state.distribute(std::move(accepted), entry->facts);
        },
        [&state](std::string_view trouble) { state.core.log().warn(trouble); });
  });
  return bound;
}

void HttpServer::wait() {
  const MutexLock lock(state_->mutex);
  while (!state_->stopped) {
    state_->changed.wait_until(state_->mutex, SteadyClock::now() + std::chrono::hours(1));
  }
}

void HttpServer::State::close_listeners() {
  std::vector<io::Listener*> open;
  {
    const MutexLock lock(mutex);
    for (Entry& entry : entries) {
      open.push_back(entry.listener.get());
    }
  }
  on_loop(0, [&open] {
    for (io::Listener* listener : open) {
      listener->stop();
    }
  });
}

/// The connections of all loops at once: they share one budget of time.
void HttpServer::State::stop_fronts() {
  const Deadline deadline = SteadyClock::now() + core.config().shutdown_timeout;
  std::vector<std::promise<void>> empty(fronts.size());
  for (std::size_t i = 0; i < fronts.size(); ++i) {
    on_loop(i,
            [this, i, &empty] { fronts[i]->stop([&promise = empty[i]] { promise.set_value(); }); });
  }
  for (std::size_t i = 0; i < fronts.size(); ++i) {
    std::future<void> all_gone = empty[i].get_future();
    if (all_gone.wait_until(deadline) == std::future_status::timeout) {
      core.log().warn("requests are cut: they did not end within shutdownTimeout");
      on_loop(i, [this, i] { fronts[i]->cut(); });
    }
    all_gone.wait();
  }
}

void HttpServer::stop() {
  bool others_do = false;
  {
    const MutexLock lock(state_->mutex);
    others_do = std::exchange(state_->stopping, true);
  }
  if (others_do) {
    wait();
    return;
  }
  state_->close_listeners();
  state_->stop_fronts();
  {
    const MutexLock lock(state_->mutex);
    state_->stopped = true;
  }
  state_->changed.notify_all();
}

void HttpServer::cut() {
  for (std::size_t i = 0; i < state_->fronts.size(); ++i) {
    state_->on_loop(i, [this, i] { state_->fronts[i]->cut(); });
  }
}

}  // namespace llmsnap
