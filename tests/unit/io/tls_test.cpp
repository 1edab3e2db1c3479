#include "io/tls.h"

#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <string>

#include "catch.h"
#include "io/fiber.h"
#include "io/socket.h"
#include "loop_runner.h"
#include "support/self_signed.h"
#include "support/temporary_folder.h"

using namespace llmsnap;
using namespace llmsnap::io;

TEST_CASE("a missing certificate is an error that names the file", "[io]") {
  auto context = TlsContext::server("/nonexistent/cert.pem", "/nonexistent/key.pem");
  REQUIRE_FALSE(context);
  CHECK(context.error().message.find("/nonexistent/cert.pem") != std::string::npos);
}

TEST_CASE("a key with a password is an error, and nobody is asked for it", "[io]") {
  const test::SelfSigned certificate;
  const test::TemporaryFolder folder;
  const std::string locked = folder.path("locked.pem");
  const std::string lock = "openssl ec -aes256 -passout pass:secret -in " + certificate.key_file() +
                           " -out " + locked + " 2>/dev/null";
  REQUIRE(std::system(lock.c_str()) == 0);
  auto context = TlsContext::server(certificate.certificate_file(), locked);
  REQUIRE_FALSE(context);
  CHECK(context.error().message ==
        "cannot use the TLS key " + locked + ": it is locked with a password");
}

TEST_CASE("a client refuses a certificate that nobody vouches for, and says so", "[io]") {
  const test::SelfSigned certificate;
  auto server = TlsContext::server(certificate.certificate_file(), certificate.key_file());
  REQUIRE(server);
  auto client = TlsContext::client();
  REQUIRE(client);
  run_on_fiber([&] {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
    Loop& loop = *Loop::current();
    start_fiber(loop, [&, fd = fds[0]] {
      auto accepted = (*server)->accept(std::make_unique<Socket>(loop, UniqueFd(fd)), NoDeadline);
      CHECK_FALSE(accepted);
    });
    auto connected = (*client)->connect(std::make_unique<Socket>(loop, UniqueFd(fds[1])),
                                        "localhost", NoDeadline);
    REQUIRE_FALSE(connected);
    CHECK(connected.error().code == ErrorCode::UpstreamFailed);
    CHECK(connected.error().message.find("self-signed") != std::string::npos);
  });
}
