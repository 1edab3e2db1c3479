#include "config_watch.h"

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "catch.h"
#include "support/temporary_folder.h"

namespace llmsnapd {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

/// What ReloadThread does, until a change is told of or `limit` is over.
bool tells(ConfigWatch& watch, milliseconds limit) {
  const auto end = ConfigWatch::Clock::now() + limit;
  for (;;) {
    const auto now = ConfigWatch::Clock::now();
    if (watch.changed(now)) {
      return true;
    }
    if (now >= end) {
      return false;
    }
    const auto until = std::min(end, watch.due().value_or(end));
    const auto left = std::chrono::ceil<milliseconds>(until - now).count();
    pollfd news{watch.descriptor(), POLLIN, 0};
    ::poll(&news, 1, static_cast<int>(std::max<long>(left, 0)));
  }
}

constexpr milliseconds Soon{10'000};
constexpr milliseconds Silence{400};

TEST_CASE("a watched file tells of another text once, and not of the same one", "[llmsnapd]") {
  const llmsnap::test::TemporaryFolder temporary;
  const fs::path folder = temporary.path();
  const fs::path file = folder / "config.yaml";
  write(file, "models: {}\n");
  ConfigWatch watch({file.string(), {}});
  CHECK_FALSE(tells(watch, Silence));
  write(file, "models: {}\n");
  CHECK_FALSE(tells(watch, Silence));
  write(file, "startPort: 7\n");
  CHECK(tells(watch, Soon));
  CHECK_FALSE(tells(watch, Silence));
}

TEST_CASE("a watched file that is replaced by a rename tells of it", "[llmsnapd]") {
  const llmsnap::test::TemporaryFolder temporary;
  const fs::path folder = temporary.path();
  const fs::path file = folder / "config.yaml";
  write(file, "a: 1\n");
  ConfigWatch watch({file.string(), {}});
  for (int round = 2; round < 4; ++round) {
    write(folder / "new", "a: " + std::to_string(round) + "\n");
    fs::rename(folder / "new", file);
    CHECK(tells(watch, Soon));
  }
}

TEST_CASE("a watched file behind a link that is turned to another folder tells of it",
          "[llmsnapd]") {
  const llmsnap::test::TemporaryFolder temporary;
  const fs::path folder = temporary.path();
  for (const char* version : {"one", "two"}) {
    fs::create_directory(folder / version);
    write(folder / version / "config.yaml", version);
  }
  fs::create_directory_symlink("one", folder / "..data");
  fs::create_symlink("..data/config.yaml", folder / "config.yaml");
  ConfigWatch watch({(folder / "config.yaml").string(), {}});
  fs::create_directory_symlink("two", folder / "..next");
  fs::rename(folder / "..next", folder / "..data");
  CHECK(tells(watch, Soon));
}

TEST_CASE("a watched file that goes is silent, and tells when it is back with another text",
          "[llmsnapd]") {
  const llmsnap::test::TemporaryFolder temporary;
  const fs::path folder = temporary.path();
  const fs::path file = folder / "config.yaml";
  write(file, "a: 1\n");
  ConfigWatch watch({file.string(), {}});
  fs::remove(file);
  CHECK_FALSE(tells(watch, Silence));
  write(file, "a: 2\n");
  CHECK(tells(watch, Soon));
}

TEST_CASE("a watched file that becomes a pipe, or far too large, holds nothing up",
          "[llmsnapd][H02]") {
  const llmsnap::test::TemporaryFolder temporary;
  const fs::path file = fs::path(temporary.path()) / "config.yaml";
  write(file, "a: 1\n");
  ConfigWatch watch({file.string(), {}});
  fs::remove(file);
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  CHECK_FALSE(tells(watch, Silence));
  fs::remove(file);
  write(file, "a: 2\n");
  CHECK(tells(watch, Soon));
  fs::resize_file(file, std::uintmax_t{1} << 40);
  CHECK(tells(watch, Soon));
}

TEST_CASE("a change is told of also where another file of the folder is written all the time",
          "[llmsnapd]") {
  const llmsnap::test::TemporaryFolder temporary;
  const fs::path folder = temporary.path();
  write(folder / "config.yaml", "a: 1\n");
  ConfigWatch watch({(folder / "config.yaml").string(), {}});
  write(folder / "config.yaml", "a: 2\n");
  // As main would see it: news at every look, never a rest.
  auto now = ConfigWatch::Clock::now();
  bool told = false;
  for (int look = 0; look < 100 && !told; ++look) {
    write(folder / "server.log", std::to_string(look));
    told = watch.changed(now);
    now += milliseconds(50);
  }
  CHECK(told);
}

TEST_CASE("a watched folder tells of files that come, go and change, and of no others",
          "[llmsnapd]") {
  const llmsnap::test::TemporaryFolder temporary;
  const fs::path folder = temporary.path();
  const fs::path watched = folder / "config.d";
  fs::create_directory(watched);
  write(watched / "a.yaml", "a: 1\n");
  ConfigWatch watch({{}, watched.string()});
  write(watched / "notes.txt", "no config\n");
  CHECK_FALSE(tells(watch, Silence));
  write(watched / "b.yml", "b: 1\n");
  CHECK(tells(watch, Soon));
  write(watched / "b.yml", "b: 2\n");
  CHECK(tells(watch, Soon));
  fs::remove(watched / "b.yml");
  CHECK(tells(watch, Soon));
  fs::remove(watched / "a.yaml");  // the last one
  CHECK_FALSE(tells(watch, Silence));
  write(watched / "a.yaml", "a: 2\n");
  CHECK(tells(watch, Soon));
  fs::remove_all(watched);
  CHECK_FALSE(tells(watch, Silence));
  fs::create_directory(watched);
  write(watched / "a.yaml", "a: 3\n");
  CHECK(tells(watch, Soon));
}

}  // namespace
}  // namespace llmsnapd
