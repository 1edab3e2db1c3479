#include "reload_thread.h"

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <future>
#include <optional>
#include <semaphore>
#include <string>

#include "catch.h"
#include "config_watch.h"
#include "support/temporary_folder.h"

namespace llmsnapd {
namespace {

constexpr std::chrono::seconds Patience{20};

/// Counts the reloads; each waits until it is let go.
class HeldReloads {
 public:
  std::function<void()> reload() {
    return [this] {
      CHECK(++inside_ == 1);  // never two at once
      begun_.release();
      may_end_.acquire();
      --inside_;
      ++ended_;
    };
  }
  bool has_begun() { return begun_.try_acquire_for(Patience); }
  bool has_begun_already() { return begun_.try_acquire(); }
  void let_go() { may_end_.release(); }
  int ended() const { return ended_; }

 private:
  std::counting_semaphore<> begun_{0};
  std::counting_semaphore<> may_end_{0};
  std::atomic<int> inside_{0};
  std::atomic<int> ended_{0};
};

TEST_CASE("requests during a reload are one reload behind it", "[llmsnapd]") {
  HeldReloads held;
  {
    ReloadThread reloads(held.reload(), nullptr);
    reloads.request();
    REQUIRE(held.has_begun());
    for (int i = 0; i < 5; ++i) {
      reloads.request();
    }
    held.let_go();
    CHECK(held.has_begun());
    held.let_go();
  }
  CHECK_FALSE(held.has_begun_already());
}

TEST_CASE("who ends waits for the reload in progress", "[llmsnapd]") {
  HeldReloads held;
  std::optional<ReloadThread> reloads;
  reloads.emplace(held.reload(), nullptr);
  reloads->request();
  REQUIRE(held.has_begun());
  auto ended = std::async(std::launch::async, [&reloads] { reloads.reset(); });
  held.let_go();
  REQUIRE(ended.wait_for(Patience) == std::future_status::ready);
  CHECK(held.ended() == 1);
}

TEST_CASE("a changed file is a reload without a request", "[llmsnapd]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string file = folder.path("config.yaml");
  std::ofstream(file) << "models: {}\n";
  ConfigWatch watch({file, {}});
  std::counting_semaphore<> begun{0};
  const ReloadThread reloads([&begun] { begun.release(); }, &watch);
  std::ofstream(file) << "startPort: 7\n";
  CHECK(begun.try_acquire_for(Patience));
}

}  // namespace
}  // namespace llmsnapd
