// A gateway that is killed while it writes: what was written is there, and the file is whole.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "base/unique_fd.h"
#include "catch.h"
#include "log/log.h"
#include "records.h"
#include "support/temporary_folder.h"

namespace llmsnap::store {
namespace {

/// The program that writes, and what it says.
class Writer {
 public:
  explicit Writer(const std::string& path) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::execl(ACTIVITY_WRITER, ACTIVITY_WRITER, path.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    output_ = UniqueFd(ends[0]);
    ::close(ends[1]);
  }

  /// False: it has ended.
  bool read_some() {
    std::array<char, 4096> piece{};
    const auto got = ::read(output_.get(), piece.data(), piece.size());
    if (got > 0) {
      said_.append(piece.data(), static_cast<std::size_t>(got));
    }
    return got > 0;
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    while (read_some()) {
    }
    ::waitpid(pid_, nullptr, 0);
  }
  /// The last id that it said was written; 0: none.
  std::uint64_t last_id() const {
    const std::size_t end = said_.rfind('\n');
    if (end == std::string::npos) {
      return 0;
    }
    const std::size_t before = end == 0 ? std::string::npos : said_.rfind('\n', end - 1);
    return std::strtoull(said_.c_str() + (before == std::string::npos ? 0 : before + 1), nullptr,
                         10);
  }

 private:
  pid_t pid_ = -1;
  UniqueFd output_;
  std::string said_;
};

void kill_while_it_writes(int times) {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  std::uint64_t written = 0;
  int slow_starts = 0;
  for (int count = 0; count < times; ++count) {
    INFO("kill " << count);
    Writer writer(path);
    for (int batch = 0; batch < count % 7; ++batch) {
      writer.read_some();
    }
    writer.kill();
    written = std::max(written, writer.last_id());

    Log log;
    const auto begun = SteadyClock::now();
    ActivityStore store({.path = path, .retention = {.rows = 0}}, log);
    const auto rows = store.page({.limit = 1});
    slow_starts += SteadyClock::now() - begun < std::chrono::seconds(1) ? 0 : 1;
    REQUIRE(rows);
    REQUIRE_FALSE(store.fault());
    const auto total = static_cast<std::uint64_t>(rows->total);
    CHECK(total >= written);
    // Without a gap: nothing but the last batch is missing.
    CHECK((rows->rows.empty() ? 0 : rows->rows[0].id) == total);
    written = total;
    auto connection = Connection::to_read(path);
    REQUIRE(connection);
    CHECK(connection
              ->integer("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'")
              .value() == 1);
  }
  CHECK(written > 0);
  CHECK(slow_starts <= times / 10);  // of a machine that has other things to do
}

}  // namespace

TEST_CASE("a kill during writes costs the last batch alone, and the file opens clean",
          "[store][H06]") {
  kill_while_it_writes(20);
}

TEST_CASE("200 kills during writes cost the last batches alone", "[.slow][store][H06]") {
  kill_while_it_writes(200);
}

}  // namespace llmsnap::store
