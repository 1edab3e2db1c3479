#include "io/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "base/thread_name.h"
#include "io/loop.h"
#include "io/wait.h"

namespace llmsnap::io {
namespace {

/// Different names that may wait for the thread; config and rules rarely name more.
constexpr std::size_t MostQuestions = 256;

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

Lookup Resolver::ask_system(const std::string& host, std::uint16_t port) {
  return look_up(host, port, 0);
}

/// Owned by the asking fiber, and by its question or the post that answers it, whichever ends
/// later: the fiber may leave early.
struct Resolver::Asker {
  Loop* loop = nullptr;
  Lookup result;           // written before the post that reads it
  Wait* waiter = nullptr;  // loop's thread; null once the fiber has left
};

struct Resolver::Question {
  std::string host;
  std::uint16_t port = 0;
  std::vector<std::shared_ptr<Asker>> askers;
};

struct Resolver::State {
  explicit State(LookUpFunction its_look_up) : look_up(std::move(its_look_up)) {}

  void run();
  bool next(std::string& host, std::uint16_t& port);
  std::vector<std::shared_ptr<Asker>> take_askers();
  bool ask(const std::string& host, std::uint16_t port, const std::shared_ptr<Asker>& asker);
  void leave(const std::shared_ptr<Asker>& asker);

  const LookUpFunction look_up;
  Mutex mutex;
  CondVar changed;
  // The first is looked up now while `busy`, also when its askers have left; the others have some.
  std::deque<Question> questions GUARDED_BY(mutex);
  bool busy GUARDED_BY(mutex) = false;
  bool stopping GUARDED_BY(mutex) = false;
  std::thread thread;
};

void Resolver::State::run() {
  name_this_thread("llmsnap-names");
  std::string host;
  std::uint16_t port = 0;
  while (next(host, port)) {
    const Lookup found = look_up(host, port);
    for (std::shared_ptr<Asker>& asker : take_askers()) {
      asker->result = found;
      Loop* const loop = asker->loop;
      loop->post([asker = std::move(asker)] {
        if (asker->waiter != nullptr) {
          asker->waiter->notify();
        }
      });
    }
  }
}

bool Resolver::State::next(std::string& host, std::uint16_t& port) {
  const MutexLock lock(mutex);
  while (questions.empty() && !stopping) {
    changed.wait_until(mutex, SteadyClock::now() + std::chrono::hours(1));
  }
  if (stopping) {
    return false;
  }
  busy = true;
  host = questions.front().host;
  port = questions.front().port;
  return true;
}

std::vector<std::shared_ptr<Resolver::Asker>> Resolver::State::take_askers() {
  const MutexLock lock(mutex);
  busy = false;
  std::vector<std::shared_ptr<Asker>> askers = std::move(questions.front().askers);
  questions.pop_front();
  return askers;
}

bool Resolver::State::ask(const std::string& host, std::uint16_t port,
                          const std::shared_ptr<Asker>& asker) {
  {
    const MutexLock lock(mutex);
    const auto same = std::find_if(questions.begin(), questions.end(), [&](const Question& one) {
      return one.host == host && one.port == port;
    });
    if (same != questions.end()) {
      same->askers.push_back(asker);
      return true;
    }
    if (questions.size() >= MostQuestions) {
      return false;
    }
    questions.push_back({host, port, {asker}});
  }
  changed.notify_one();
  return true;
}

void Resolver::State::leave(const std::shared_ptr<Asker>& asker) {
  const MutexLock lock(mutex);
  for (std::size_t at = 0; at < questions.size(); ++at) {
    Question& question = questions[at];
    if (std::erase(question.askers, asker) == 0) {
      continue;
    }
    if (question.askers.empty() && (at > 0 || !busy)) {
      questions.erase(questions.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return;
  }
}

Resolver::Resolver(LookUpFunction look_up) : state_(std::make_unique<State>(std::move(look_up))) {
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
  const auto asker = std::make_shared<Asker>();
  asker->loop = Loop::current();
  asker->waiter = &wait;
  if (!state_->ask(host, port, asker)) {
    return Error{ErrorCode::Unavailable,
                 "cannot look up the host " + host + ": too many names are looked up already"};
  }
  const WaitResult waited = wait.until(deadline);
  asker->waiter = nullptr;
  if (waited != WaitResult::Event) {
    state_->leave(asker);
  }
  switch (waited) {
    case WaitResult::Event:
      break;
    case WaitResult::Deadline:
      return Error{ErrorCode::UpstreamTimeout, "looking up the host " + host + " took too long"};
    case WaitResult::ClientLeft:
      return Error{ErrorCode::ClientLeft, "the client left"};
    case WaitResult::Shutdown:
      return Error{ErrorCode::ShuttingDown, "the gateway is shutting down"};
  }
  if (asker->result.addresses.empty()) {
    return Error{ErrorCode::UpstreamFailed,
                 "cannot look up the host " + host + ": " + ::gai_strerror(asker->result.error)};
  }
  return std::move(asker->result.addresses);
}

}  // namespace llmsnap::io
