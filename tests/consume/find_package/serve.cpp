// Serves the gateway with HttpServer and asks it over a socket.
#include <arpa/inet.h>
#include <llmsnap/gateway.h>
#include <llmsnap/http_server.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace {

std::string ask(std::uint16_t port, const std::string& request) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(fd);
    return {};
  }
  std::string answer;
  if (::write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size())) {
    char piece[4096];
    for (ssize_t got = 0; (got = ::read(fd, piece, sizeof(piece))) > 0;) {
      answer.append(piece, static_cast<std::size_t>(got));
    }
  }
  ::close(fd);
  return answer;
}

}  // namespace

int main() {
  auto config = llmsnap::parse_config("models:\n  tiny:\n    proxy: http://127.0.0.1:9\n");
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 1;
  }
  llmsnap::Gateway gateway(std::move(*config));
  llmsnap::HttpServer server(gateway);
  auto address = server.listen("127.0.0.1:0");
  if (!address) {
    std::fprintf(stderr, "%s\n", address.error().message.c_str());
    return 1;
  }
  const std::string answer =
      ask(address->port, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  server.stop();
  std::printf("%s\n", answer.c_str());
  const bool listed = answer.rfind("HTTP/1.1 200", 0) == 0 && answer.find("tiny") != answer.npos;
  return listed ? 0 : 1;
}
