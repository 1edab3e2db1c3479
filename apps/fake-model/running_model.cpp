#include "running_model.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <stdexcept>

namespace fake_model {
namespace {

void await_readable(int fd) {
  pollfd wanted{fd, POLLIN, 0};
  const auto limit = std::chrono::milliseconds(Patience);
  if (poll(&wanted, 1, static_cast<int>(limit.count())) <= 0) {
    throw std::runtime_error("nothing came for too long");
  }
}

}  // namespace

Client::Client(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(fd_);
    fd_ = -1;
  }
}

Client::~Client() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

void Client::send(std::string_view bytes) const {
  ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string Client::receive_until(std::string_view mark) {
  std::string all;
  std::array<char, 4096> buffer;
  while (mark.empty() || all.find(mark) == std::string::npos) {
    await_readable(fd_);
    const auto got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      break;
    }
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return all;
}

bool Client::silent_for(std::chrono::milliseconds time) const {
  pollfd wanted{fd_, POLLIN, 0};
  return poll(&wanted, 1, static_cast<int>(time.count())) == 0;
}

RunningModel::RunningModel(std::vector<std::string> flags) {
  flags.insert(flags.begin(), FAKE_MODEL);
  bool has_port = false;
  for (const std::string& flag : flags) {
    has_port = has_port || flag == "--port" || flag == "--listen";
  }
  if (!has_port) {
    flags.insert(flags.end(), {"--port", "0"});
  }
  std::vector<char*> argv;
  for (std::string& flag : flags) {
    argv.push_back(flag.data());
  }
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe can be had");
  }
  output_ = ends[0];
  pid_ = fork();
  if (pid_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
}

RunningModel::~RunningModel() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(output_);
}

bool RunningModel::fill() {
  std::array<char, 65536> buffer;
  await_readable(output_);
  const auto got = read(output_, buffer.data(), buffer.size());
  if (got > 0) {
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return got > 0;
}

std::string RunningModel::next_line() {
  std::size_t end = 0;
  while ((end = unread_.find('\n')) == std::string::npos) {
    if (!fill()) {
      return {};
    }
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

std::string RunningModel::rest_of_output() {
  while (fill()) {
  }
  return unread_;
}

std::uint16_t RunningModel::port() {
  constexpr std::string_view Listening = "listening on 127.0.0.1:";
  if (port_ == 0) {
    if (const std::string line = next_line(); line.starts_with(Listening)) {
      std::from_chars(line.data() + Listening.size(), line.data() + line.size(), port_);
    }
  }
  return port_;
}

std::string RunningModel::wait_exit() {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd exit{pidfd, POLLIN, 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(Patience);
  const bool exited = poll(&exit, 1, static_cast<int>(limit.count())) > 0;
  close(pidfd);
  if (!exited) {
    return "no exit";
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                             : fmt::format("code {}", WEXITSTATUS(status));
}

std::string RunningModel::ask(std::string_view method, std::string_view target,
                              std::string_view body) {
  Client client(port());
  client.send(request_text(method, target, body));
  return client.receive_all();
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body) {
  return fmt::format("{} {} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}", method,
                     target, body.size(), body);
}

}  // namespace fake_model
