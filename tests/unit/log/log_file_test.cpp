#include "log/log_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.h"
#include "support/contains.h"
#include "support/temporary_folder.h"

namespace llmsnap {
namespace {

using namespace std::chrono_literals;
using test::contains;

const SteadyClock::time_point Start{std::chrono::hours(1)};

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("lines are added to what the file holds, and only its owner may write it", "[log]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("log");
  std::ofstream(path) << "before\n";
  LogFile file({.path = path});
  CHECK_FALSE(file.write("one\n", Start));
  CHECK_FALSE(file.write("two\nthree\n", Start));
  CHECK(content_of(path) == "before\none\ntwo\nthree\n");
  const std::string fresh = folder.path("fresh");
  LogFile({.path = fresh}).write("x\n", Start);
  struct stat status = {};
  REQUIRE(::stat(fresh.c_str(), &status) == 0);
  CHECK((status.st_mode & 0027) == 0);
}

TEST_CASE("a full file is moved aside, and so many old ones are kept", "[log]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("log");
  LogFile file({.path = path, .max_size = 10, .keep = 2});
  for (const char* line : {"first...\n", "second..\n", "third...\n", "fourth..\n"}) {
    CHECK_FALSE(file.write(line, Start));
  }
  CHECK(content_of(path) == "fourth..\n");
  CHECK(content_of(path + ".1") == "third...\n");
  CHECK(content_of(path + ".2") == "second..\n");
  CHECK_FALSE(std::filesystem::exists(path + ".3"));
}

TEST_CASE("with no old files kept a full one is begun anew", "[log]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("log");
  LogFile file({.path = path, .max_size = 10, .keep = 0});
  CHECK_FALSE(file.write("first...\n", Start));
  CHECK_FALSE(file.write("second..\n", Start));
  CHECK(content_of(path) == "second..\n");
  CHECK_FALSE(std::filesystem::exists(path + ".1"));
}

TEST_CASE("a file that somebody else has moved is begun anew", "[log]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("log");
  LogFile file({.path = path});
  CHECK_FALSE(file.write("one\n", Start));
  std::filesystem::rename(path, folder.path("elsewhere"));
  CHECK_FALSE(file.write("two\n", Start + 2s));
  CHECK(content_of(path) == "two\n");
  CHECK(content_of(folder.path("elsewhere")) == "one\n");
}

TEST_CASE("a file that cannot be written is told of once, tried again, and told of again",
          "[log]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("not there/log");
  LogFile file({.path = path});
  const auto fault = file.write("one\n", Start);
  REQUIRE(fault);
  CHECK(contains(*fault, path));
  CHECK(contains(*fault, "No such file"));
  CHECK_FALSE(file.write("two\n", Start + 1s));
  CHECK_FALSE(file.write("three\n", Start + 31s));
  std::filesystem::create_directory(folder.path("not there"));
  CHECK_FALSE(file.write("four\n", Start + 32s));
  const auto works = file.write("five\n", Start + 62s);
  REQUIRE(works);
  CHECK(contains(*works, "19 bytes are missing"));
  CHECK(content_of(path) == "five\n");
}

}  // namespace
}  // namespace llmsnap
