#include "service_manager.h"

#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "catch.h"
#include "support/notify_socket.h"
#include "support/temporary_folder.h"

namespace llmsnapd {
TEST_CASE("the service manager is told when we are ready, reload and stop", "[service]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string address = GENERATE(true, false)
                                  ? folder.path("notify")
                                  : "@llmsnapd-test-" + std::to_string(::getpid());
  const llmsnap::test::NotifySocket systemd(address);
  const ServiceManager manager(address);
  manager.ready("listening on x");
  CHECK(systemd.next() == "READY=1\nSTATUS=listening on x\n");
  manager.reloading();
  CHECK(systemd.next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  manager.stopping("bye");
  CHECK(systemd.next() == "STOPPING=1\nSTATUS=bye\n");
  manager.ready("a reload that was slow");  // who stops is not ready any more
  CHECK_FALSE(systemd.has_news());
}

TEST_CASE("the address of the service manager does not stay in the environment", "[service]") {
  const llmsnap::test::TemporaryFolder folder;
  const llmsnap::test::NotifySocket systemd(folder.path("notify"));
  ::setenv("NOTIFY_SOCKET", folder.path("notify").c_str(), 1);
  const ServiceManager manager = ServiceManager::from_environment();
  CHECK(::getenv("NOTIFY_SOCKET") == nullptr);
  manager.ready("x");
  CHECK(systemd.next() == "READY=1\nSTATUS=x\n");
}

TEST_CASE("without a service manager, or with one that is gone, nothing happens", "[service]") {
  const std::string address = GENERATE(as<std::string>(), "", "relative/path", "/nobody/there",
                                       "/" + std::string(200, 'x'));
  const ServiceManager manager(address);
  manager.ready("x");
  manager.stopping("x");
  SUCCEED("nothing was thrown, and nobody waited");
}

}  // namespace llmsnapd
