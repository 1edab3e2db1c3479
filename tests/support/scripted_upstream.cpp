#include "support/scripted_upstream.h"

#include <sys/socket.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "wire/chunk_decoder.h"

namespace llmsnap::test {
namespace {

std::size_t content_length(const std::string& head) {
  ReceivedAnswer reader;
  reader.head = head;
  const std::string value = reader.field("content-length");
  return value == "(none)" ? 0 : std::stoul(value);
}

bool is_chunked(const std::string& head) {
  ReceivedAnswer reader;
  reader.head = head;
  return reader.field("transfer-encoding") == "chunked";
}

std::string receive_chunked(TestSocket& socket) {
  wire::ChunkDecoder decoder;
  std::string body;
  std::string pending;
  while (!decoder.done()) {
    const auto step = decoder.step(pending);
    if (!step) {
      return body;
    }
    body += step->data;
    const bool stuck = step->consumed == 0;
    pending.erase(0, step->consumed);
    if (stuck && !decoder.done()) {
      const std::string piece = socket.receive();
      if (piece.empty()) {
        return body;
      }
      pending += piece;
    }
  }
  socket.put_back(pending);
  return body;
}

std::string receive_length(TestSocket& socket, std::size_t length) {
  std::string body;
  while (body.size() < length) {
    const std::string piece = socket.receive();
    if (piece.empty()) {
      return body;
    }
    body += piece;
  }
  socket.put_back(body.substr(length));
  body.resize(length);
  return body;
}

}  // namespace

ScriptedUpstream::ScriptedUpstream(Script script, UniqueFd listener)
    : script_(std::move(script)), listener_(std::move(listener)), port_(port_of(listener_)) {
  acceptor_ = std::thread([this] { accept_loop(); });
}

ScriptedUpstream::~ScriptedUpstream() {
  stopping_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  std::list<Server> servers;
  {
    const MutexLock lock(mutex_);
    for (int fd : open_) {
      ::shutdown(fd, SHUT_RDWR);
    }
    servers.swap(servers_);
  }
  for (Server& server : servers) {
    server.thread.join();
  }
}

/// A thread that has ended keeps its stack until it is joined.
void ScriptedUpstream::join_finished() {
  for (auto at = servers_.begin(); at != servers_.end();) {
    const auto next = std::next(at);
    if (at->finished) {
      at->thread.join();
      servers_.erase(at);
    }
    at = next;
  }
}

void ScriptedUpstream::accept_loop() {
  while (!stopping_) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) {
      return;
    }
    ++connections_;
    const MutexLock lock(mutex_);
    open_.push_back(fd.get());
    join_finished();
    Server& server = servers_.emplace_back();
    server.thread = std::thread([this, &server, raw = fd.release()] {
      serve(TestSocket(UniqueFd(raw)));
      server.finished = true;
    });
  }
}

void ScriptedUpstream::serve(TestSocket socket) {
  const int descriptor = socket.descriptor();
  try {
    for (bool go_on = true; go_on && !stopping_;) {
      const std::string head = socket.receive_until("\r\n\r\n");
      if (head.find("\r\n\r\n") == std::string::npos) {
        break;
      }
      const std::string body =
          is_chunked(head) ? receive_chunked(socket) : receive_length(socket, content_length(head));
      {
        const MutexLock lock(mutex_);
        received_.push_back(head + body);
      }
      changed_.notify_all();
      go_on = script_(socket, head, body);
    }
  } catch (const std::runtime_error&) {
    // Silence for longer than a test may take: the test has failed elsewhere.
  }
  const MutexLock lock(mutex_);
  open_.erase(std::remove(open_.begin(), open_.end(), descriptor), open_.end());
  socket.close();
}

std::vector<std::string> ScriptedUpstream::received() const {
  const MutexLock lock(mutex_);
  return received_;
}

void ScriptedUpstream::forget() {
  const MutexLock lock(mutex_);
  received_.clear();
}

bool ScriptedUpstream::wait_for_requests(std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + Patience;
  const MutexLock lock(mutex_);
  while (received_.size() < count) {
    if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
      return false;
    }
  }
  return true;
}

ScriptedUpstream::Script always(std::string answer) {
  return [answer = std::move(answer)](TestSocket& client, const std::string&, const std::string&) {
    return client.send(answer);
  };
}

ScriptedUpstream::Script silent_after(std::string beginning) {
  return [beginning = std::move(beginning)](TestSocket& client, const std::string&,
                                            const std::string&) {
    client.send(beginning);
    client.closes_within(std::chrono::milliseconds(Patience));
    return false;
  };
}

std::string plain_answer(std::string_view body, std::string_view content_type) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(content_type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace llmsnap::test
