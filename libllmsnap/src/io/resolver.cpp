#include "io/resolver.h"

#include <netdb.h>

#include <cstring>
#include <deque>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "io/loop.h"
#include "io/wait.h"

namespace llmsnap::io {
namespace {

struct Lookup {
  int error = 0;
  std::vector<SocketAddress> addresses;
};

Lookup look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  Lookup result;
  result.error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    SocketAddress address;
    address.size = at->ai_addrlen;
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    result.addresses.push_back(address);
  }
  if (found != nullptr) {
    ::freeaddrinfo(found);
  }
  return result;
}

}  // namespace

std::vector<SocketAddress> numeric_address(const std::string& host, std::uint16_t port) {
  return look_up(host, port, AI_NUMERICHOST).addresses;
}

/// Owned by the asking fiber and by the resolver's thread, whichever ends later: the fiber may
/// leave early.
struct Resolver::Query {
  std::string host;
  std::uint16_t port = 0;
  Loop* loop = nullptr;
  Lookup result;           // written before the post that reads it
  Wait* waiter = nullptr;  // loop's thread; null once the fiber has left
};

struct Resolver::State {
  Mutex mutex;
  CondVar changed;
  std::deque<std::shared_ptr<Query>> queue GUARDED_BY(mutex);
  bool stopping GUARDED_BY(mutex) = false;
  std::thread thread;

  void run() {
    while (std::shared_ptr<Query> query = next()) {
      query->result = look_up(query->host, query->port, 0);
      Loop* loop = query->loop;
      loop->post([query = std::move(query)] {
        if (query->waiter != nullptr) {
          query->waiter->notify();
        }
      });
    }
  }

  std::shared_ptr<Query> next() {
    const MutexLock lock(mutex);
    while (queue.empty() && !stopping) {
      changed.wait_until(mutex, SteadyClock::now() + std::chrono::hours(1));
    }
    if (stopping) {
      return nullptr;
    }
    std::shared_ptr<Query> query = std::move(queue.front());
    queue.pop_front();
    return query;
  }
};

Resolver::Resolver() : state_(std::make_unique<State>()) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Resolver::~Resolver() {
  {
    const MutexLock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

Result<std::vector<SocketAddress>> Resolver::resolve(const std::string& host, std::uint16_t port,
                                                     Deadline deadline) {
  Wait wait;
  const auto query = std::make_shared<Query>();
  query->host = host;
  query->port = port;
  query->loop = Loop::current();
  query->waiter = &wait;
  {
    const MutexLock lock(state_->mutex);
    state_->queue.push_back(query);
  }
  state_->changed.notify_one();
  const WaitResult waited = wait.until(deadline);
  query->waiter = nullptr;
  switch (waited) {
    case WaitResult::Event:
      break;
    case WaitResult::Deadline:
      return Error{ErrorCode::UpstreamTimeout, "looking up the host " + host + " took too long"};
    case WaitResult::ClientLeft:
      return Error{ErrorCode::ClientLeft, "the client left"};
    case WaitResult::Shutdown:
      return Error{ErrorCode::Unavailable, "the gateway is shutting down"};
  }
  if (query->result.addresses.empty()) {
    return Error{ErrorCode::UpstreamFailed,
                 "cannot look up the host " + host + ": " + ::gai_strerror(query->result.error)};
  }
  return std::move(query->result.addresses);
}

}  // namespace llmsnap::io
