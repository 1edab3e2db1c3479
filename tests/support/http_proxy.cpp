#include "support/http_proxy.h"

#include <poll.h>

#include <array>

#include "support/test_socket.h"

namespace llmsnap::test {
namespace {

bool carry(TestSocket& from, TestSocket& to) {
  const std::string piece = from.receive();
  return !piece.empty() && to.send(piece);
}

/// Until one of them ends.
void join(TestSocket& one, TestSocket& other) {
  for (;;) {
    std::array<pollfd, 2> ends{pollfd{one.descriptor(), POLLIN, 0},
                               pollfd{other.descriptor(), POLLIN, 0}};
    ::poll(ends.data(), ends.size(), -1);
    if ((ends[0].revents != 0 && !carry(one, other)) ||
        (ends[1].revents != 0 && !carry(other, one))) {
      return;
    }
  }
}

/// The head as a server wants it: the path alone, and nothing that was meant for the proxy.
std::string in_origin_form(std::string head) {
  const std::size_t place = head.find("http://");
  const std::size_t path = head.find_first_of("/ ", place + 7);
  head.erase(place, path - place);
  const std::size_t secret = head.find("Proxy-Authorization: ");
  if (secret != std::string::npos) {
    head.erase(secret, head.find("\r\n", secret) + 2 - secret);
  }
  return head;
}

ScriptedUpstream::Script to_port(std::uint16_t port) {
  return [port](TestSocket& client, const std::string& head, const std::string& body) {
    TestSocket server = TestSocket::connect(port);
    if (head.starts_with("CONNECT ")) {
      client.send("HTTP/1.1 200 here you are\r\n\r\n");
      join(client, server);
      return false;
    }
    server.send(in_origin_form(head) + body);
    const ReceivedAnswer answer = receive_answer(server);
    return client.send(answer.head + answer.body);
  };
}

ScriptedUpstream::Script refusing(std::string answer) {
  return [answer = std::move(answer)](TestSocket& client, const std::string& head,
                                      const std::string&) {
    return client.send(answer) && !head.starts_with("CONNECT ");
  };
}

}  // namespace

HttpProxy::HttpProxy(std::uint16_t target_port) : upstream_(to_port(target_port)) {}
HttpProxy::HttpProxy(const std::string& answer) : upstream_(refusing(answer)) {}

}  // namespace llmsnap::test
