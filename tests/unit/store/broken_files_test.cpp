// Files that cannot be written, or are none of ours: requests never notice, and nothing is lost
// that memory has room for.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/mutex.h"
#include "base/wanted_work.h"
#include "catch.h"
#include "log/log.h"
#include "records.h"
#include "support/contains.h"
#include "support/file_size_limit.h"
#include "support/temporary_folder.h"

namespace {

/// A disk whose writes fail.
struct Disk {
  std::atomic<bool> refuses_writes{false};
  std::atomic<bool> refuses_to_sync{false};
  std::atomic<int> refused{0};
};
Disk disk;

bool refuses(const std::atomic<bool>& fault) {
  if (fault) {
    ++disk.refused;
    errno = EIO;
  }
  return fault;
}

}  // namespace

// SQLite finds these before the ones of the C library.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" [[gnu::visibility("default")]] ssize_t pwrite64(int fd, const void* bytes, size_t size,
                                                           off64_t offset) {
  return refuses(disk.refuses_writes) ? -1 : ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}

extern "C" [[gnu::visibility("default")]] int fdatasync(int fd) {
  return refuses(disk.refuses_to_sync) ? -1 : static_cast<int>(::syscall(SYS_fdatasync, fd));
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

namespace llmsnap::store {
namespace {

using llmsnap::test::contains;
using test::found;
using test::record_of;
using Ids = std::vector<std::uint64_t>;

/// A store whose lines can be waited for.
class WatchedStore {
 public:
  explicit WatchedStore(StoreOptions options) : store_(std::move(options), log_) {}

  ActivityStore& operator*() { return store_; }
  ActivityStore* operator->() { return &store_; }

  bool says(const std::string& part, std::size_t times = 1) {
    const Deadline deadline = test::soon();
    const MutexLock lock(mutex_);
    while (count(part) < times) {
      if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
        return false;
      }
    }
    return count(part) == times;
  }

 private:
  std::size_t count(const std::string& part) REQUIRES(mutex_) {
    return static_cast<std::size_t>(
        std::count_if(lines_.begin(), lines_.end(),
                      [&part](const std::string& line) { return contains(line, part); }));
  }
  void add(std::string_view line) {
    {
      const MutexLock lock(mutex_);
      lines_.emplace_back(line);
    }
    changed_.notify_all();
  }

  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> lines_ GUARDED_BY(mutex_);
  Log log_{[this](LogLevel, std::string_view line) { add(line); }};
  ActivityStore store_;
};

StoreOptions impatient(const std::string& path) {
  return {.path = path,
          .most_waiting = 100,
          .gather = SteadyClock::duration(0),
          .retry = std::chrono::milliseconds(20)};
}

/// What was moved aside, without what SQLite had beside it.
std::vector<std::string> broken_files(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (contains(name, ".broken-") && name.back() == 'Z') {
      names.push_back(entry.path());
    }
  }
  return names;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a file that is no database is moved aside, not deleted", "[store][H07]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  const std::string garbage(5000, 'g');
  std::ofstream(path) << garbage;
  WatchedStore store(impatient(path));
  CHECK(store->observe(record_of("a")) == 1);
  CHECK(store.says("it was moved aside"));
  REQUIRE(store->flush_for_test(test::soon()));
  CHECK_FALSE(store->fault());
  CHECK(found(*store).ids == Ids{1});
  REQUIRE(broken_files(folder.path()).size() == 1);
  CHECK(text_of(broken_files(folder.path())[0]) == garbage);
}

TEST_CASE("a database that is damaged while it is written is moved aside, and ids go on",
          "[store][H07]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  WatchedStore store(impatient(path));
  for (int count = 0; count < 200; ++count) {
    store->observe(record_of("a"));
    REQUIRE(store->flush_for_test(test::soon()));
  }
  std::filesystem::remove(path);
  std::ofstream(path) << std::string(50000, 'g');
  CHECK(store->observe(record_of("a")) == 201);
  CHECK(store.says("was removed or replaced"));
  CHECK(store.says("it was moved aside"));
  REQUIRE(store->flush_for_test(test::soon()));
  CHECK(found(*store).ids == Ids{201});
  CHECK(broken_files(folder.path()).size() == 1);
}

TEST_CASE("a file that is deleted under the store is begun anew", "[store][H07]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  WatchedStore store(impatient(path));
  store->observe(record_of("a"));
  REQUIRE(store->flush_for_test(test::soon()));
  std::filesystem::remove(path);
  CHECK(store->observe(record_of("a")) == 2);
  CHECK(store.says("was removed or replaced"));
  REQUIRE(store->flush_for_test(test::soon()));
  CHECK(found(*store).ids == Ids{2});
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("a full disk degrades the store, which goes on when there is room", "[store][H07]") {
  const llmsnap::test::TemporaryFolder folder;
  WatchedStore store(impatient(folder.path("a.db")));
  store->observe(record_of("a"));
  REQUIRE(store->flush_for_test(test::soon()));
  {
    const llmsnap::test::FileSizeLimit limit(8192);
    CHECK(store->observe(record_of("b")) == 2);
    CHECK(store.says("cannot be written"));
    CHECK(store->fault());
    for (int count = 0; count < 150; ++count) {
      CHECK(store->observe(record_of("c")));
    }
    CHECK(store->dropped().requests == 51);
    CHECK(found(*store, {.limit = 1}).ids == Ids{152});
    CHECK(store.says("cannot be written"));  // once
  }
  CHECK(store.says("is written again; rows dropped meanwhile: 51"));
  REQUIRE(store->flush_for_test(test::soon()));
  CHECK(found(*store, {.limit = 1}).ids == Ids{152});
  CHECK(found(*store).total == 101);
}

TEST_CASE("a folder that cannot be written keeps rows in memory, under ids that no file has",
          "[store][H07]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("none/a.db");
  WatchedStore store(impatient(path));
  const auto id = store->observe(record_of("a"));
  REQUIRE(id);
  CHECK(*id > 1'000'000'000'000);
  CHECK(store.says("cannot be written: it cannot be opened: No such file or directory"));
  CHECK(found(*store).ids == Ids{*id});
  CHECK(store->stats("")->requests == 1);
  std::filesystem::create_directory(folder.path("none"));
  CHECK(store.says("is written again"));
  REQUIRE(store->flush_for_test(test::soon()));
  CHECK(found(*store).ids == Ids{*id});
  CHECK(store->observe(record_of("a")) == *id + 1);
}

TEST_CASE("a pipe in the place of the file keeps nobody waiting", "[store][H07]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  WatchedStore store(impatient(path));
  const auto id = store->observe(record_of("a"));
  REQUIRE(id);
  CHECK(store.says("cannot be written"));
  CHECK(found(*store).ids == Ids{*id});
}

TEST_CASE("a question that nobody waits for any more ends", "[store]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  std::ofstream(path).close();
  constexpr auto Endless =
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
  const std::atomic<bool> given_up{true};
  const WantedWork work(given_up);
  for (auto* const open : {Connection::to_write, Connection::to_read}) {
    auto connection = open(path);
    REQUIRE(connection);
    CHECK_FALSE(connection->integer(Endless));
    CHECK(connection->integer("SELECT 7").value() == 7);
  }
}

TEST_CASE("a file that another program has locked degrades the store for as long", "[store][H07]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  WatchedStore store(impatient(path));
  store->observe(record_of("a"));
  REQUIRE(store->flush_for_test(test::soon()));
  {
    auto other = Connection::to_write(path);
    REQUIRE(other);
    REQUIRE(other->run("BEGIN EXCLUSIVE"));
    CHECK(store->observe(record_of("a")) == 2);
    CHECK(store.says("cannot be written: database is locked"));
    CHECK(store->observe(record_of("a")) == 3);
    CHECK(found(*store).ids == Ids{3, 2, 1});
  }
  CHECK(store.says("is written again"));
  REQUIRE(store->flush_for_test(test::soon()));
  CHECK(found(*store).ids == Ids{3, 2, 1});
}

void check_whole(const std::string& path, std::int64_t rows) {
  auto connection = Connection::to_read(path);
  REQUIRE(connection);
  CHECK(connection
            ->integer("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'")
            .value() == 1);
  CHECK(connection->integer("SELECT count(*) FROM activity").value() == rows);
}

TEST_CASE("a disk that fails degrades the store, and no row that was told of is lost",
          "[store][H08]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  disk.refused = 0;
  {
    WatchedStore store(impatient(path));
    store->observe(record_of("a"));
    REQUIRE(store->flush_for_test(test::soon()));
    disk.refuses_writes = true;
    for (std::uint64_t id = 2; id <= 40; ++id) {
      CHECK(store->observe(record_of("a")) == id);
    }
    CHECK(store.says("cannot be written"));
    CHECK(store->fault());
    CHECK(found(*store, {.limit = 1}).ids == Ids{40});
    disk.refuses_writes = false;
    CHECK(store.says("is written again"));
    REQUIRE(store->flush_for_test(test::soon()));
    CHECK(found(*store).total == 40);
  }
  CHECK(disk.refused > 0);
  CHECK(broken_files(folder.path()).empty());
  check_whole(path, 40);
}

TEST_CASE("a disk that cannot be synced costs no row of a gateway that goes on", "[store][H08]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  disk.refused = 0;
  std::int64_t rows = 1;
  {
    WatchedStore store(impatient(path));
    store->observe(record_of("a"));
    REQUIRE(store->flush_for_test(test::soon()));
    disk.refuses_to_sync = true;
    // Until the log is so long that its rows are moved into the file, which syncs.
    for (; disk.refused == 0 && rows < 5000; ++rows) {
      store->observe(record_of("a"));
      CHECK(store->flush_for_test(test::soon()));
    }
    CHECK(found(*store).total == rows);
    disk.refuses_to_sync = false;
    CHECK(store->observe(record_of("a")) == static_cast<std::uint64_t>(rows) + 1);
    CHECK(store->flush_for_test(test::soon()));
    CHECK(found(*store).total == rows + 1);
  }
  CHECK(disk.refused > 0);
  check_whole(path, rows + 1);
}

TEST_CASE("two gateways do not write one file", "[store]") {
  const llmsnap::test::TemporaryFolder folder;
  const std::string path = folder.path("a.db");
  WatchedStore first(impatient(path));
  first->observe(record_of("a"));
  REQUIRE(first->flush_for_test(test::soon()));
  WatchedStore second(impatient(path));
  CHECK(second->observe(record_of("b")));
  CHECK(second.says("another gateway uses it"));
  CHECK(first->observe(record_of("a")) == 2);
}

}  // namespace llmsnap::store
