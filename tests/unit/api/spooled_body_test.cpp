#include "api/spooled_body.h"

#include <unistd.h>

#include <filesystem>
#include <future>

#include "catch.h"
#include "client.h"
#include "support/file_size_limit.h"
#include "support/temporary_folder.h"
#include "unit/io/loop_runner.h"

namespace llmsnap::api {
namespace {

using llmsnap::test::FileSizeLimit;
using llmsnap::test::TemporaryFolder;
using test::PiecewiseBody;

std::string counted_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>((i * 2654435761U) >> 13 & 0xff);
  }
  return bytes;
}

std::vector<std::string> split(const std::string& bytes, std::size_t piece) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    pieces.push_back(bytes.substr(at, piece));
  }
  return pieces;
}

std::string pulled(BodySource& body) {
  std::string bytes;
  while (true) {
    const auto piece = body.pull();
    REQUIRE(piece);
    if (piece->empty()) {
      return bytes;
    }
    bytes += *piece;
  }
}

/// Until all that was sent there has been done.
void finish(io::BlockingWork& disk) {
  std::promise<void> done;
  disk.send([&done] { done.set_value(); });
  done.get_future().wait();
}

TEST_CASE("a spooled body gives back every byte, again and again", "[api]") {
  const TemporaryFolder folder;
  const SpoolLimits limits{.in_memory = 100'000, .body = 1'000'000, .directory = folder.path()};
  const std::size_t size = GENERATE(0U, 1U, 99'999U, 100'000U, 100'001U, 999'999U, 1'000'000U);
  const std::size_t piece = GENERATE(7'000U, 1'000'000U);
  INFO("size " << size << " piece " << piece);
  const auto bytes = counted_bytes(size);
  ByteBudget memory(1U << 30, "in memory", "limits.bodiesInFlight");
  ByteBudget files(1U << 30, "in files", "limits.spool");
  io::BlockingWork disk;
  {
    PiecewiseBody source(split(bytes, piece));
    const auto body = SpooledBody::read(source, limits, memory, files, disk);
    REQUIRE(body);
    CHECK((*body)->in_file() == (size > 100'000));
    CHECK((*body)->length() == size);
    CHECK(std::filesystem::is_empty(folder.path()));
    CHECK((pulled(**body) == bytes));
    REQUIRE((*body)->rewind());
    CHECK((pulled(**body) == bytes));
    CHECK((memory.used() == 0) == ((*body)->in_file() || size == 0));
    CHECK(files.used() == ((*body)->in_file() ? size : 0));
  }
  CHECK(memory.used() == 0);
  finish(disk);
  CHECK(files.used() == 0);
}

TEST_CASE("a body that cannot be spooled is refused and leaves nothing behind", "[api]") {
  const TemporaryFolder folder;
  SpoolLimits limits{.in_memory = 1'000, .body = 10'000, .directory = folder.path()};
  std::size_t size = 10'000;
  std::uint64_t memory_limit = 1U << 30;
  std::uint64_t file_limit = 1U << 30;
  auto expected = ErrorCode::Internal;
  SECTION("larger than its limit") {
    size = 10'001;
    expected = ErrorCode::BodyTooLarge;
  }
  SECTION("larger than the memory for all bodies together") {
    memory_limit = 400;
    expected = ErrorCode::BodyTooLarge;
  }
  SECTION("larger than the file space for all bodies together") {
    file_limit = 9'999;
    expected = ErrorCode::BodyTooLarge;
  }
  SECTION("there is no such folder") {
    limits.directory = folder.path() + "/missing";
    expected = ErrorCode::System;
  }
  ByteBudget memory(memory_limit, "in memory", "limits.bodiesInFlight");
  ByteBudget files(file_limit, "in files", "limits.spool");
  io::BlockingWork disk;
  PiecewiseBody source(split(counted_bytes(size), 100));
  const auto body = SpooledBody::read(source, limits, memory, files, disk);
  REQUIRE_FALSE(body);
  CHECK(body.error().code == expected);
  CHECK(memory.used() == 0);
  finish(disk);
  CHECK(files.used() == 0);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a slow disk holds up the request whose body it keeps, and not the loop", "[api]") {
  const TemporaryFolder folder;
  ByteBudget memory(1U << 20, "in memory", "limits.bodiesInFlight");
  ByteBudget files(1U << 20, "in files", "limits.spool");
  io::BlockingWork disk;
  std::promise<void> release;
  bool released = false;
  disk.send([&release] { release.get_future().wait(); });
  const auto bytes = counted_bytes(300'000);
  io::run_on_fiber([&] {
    io::start_fiber([&] {
      released = true;
      release.set_value();
    });
    PiecewiseBody source(split(bytes, 7'000));
    const auto body =
        SpooledBody::read(source, {.in_memory = 1'000, .body = 300'000, .directory = folder.path()},
                          memory, files, disk);
    CHECK(released);
    REQUIRE(body);
    CHECK((pulled(**body) == bytes));
  });
}

TEST_CASE("a full disk is told from other failures", "[api]") {
  const TemporaryFolder folder;
  ByteBudget memory(1U << 20, "in memory", "limits.bodiesInFlight");
  ByteBudget files(1U << 20, "in files", "limits.spool");
  io::BlockingWork disk;
  PiecewiseBody source(split(counted_bytes(10'000), 100));
  const FileSizeLimit limit(5'000);
  const auto body =
      SpooledBody::read(source, {.in_memory = 1'000, .body = 10'000, .directory = folder.path()},
                        memory, files, disk);
  REQUIRE_FALSE(body);
  CHECK(body.error().code == ErrorCode::StorageFull);
  finish(disk);
  CHECK(files.used() == 0);
}

TEST_CASE("a body that breaks off is not taken for a whole one", "[api]") {
  ByteBudget memory(1U << 20, "in memory", "limits.bodiesInFlight");
  ByteBudget files(1U << 20, "in files", "limits.spool");
  io::BlockingWork disk;
  PiecewiseBody source({"half"});
  source.broken = Error{ErrorCode::ClientLeft, "the client left"};
  const auto body =
      SpooledBody::read(source, {.body = 100, .directory = "/tmp"}, memory, files, disk);
  REQUIRE_FALSE(body);
  CHECK(body.error().code == ErrorCode::ClientLeft);
  CHECK(memory.used() == 0);
}

}  // namespace
}  // namespace llmsnap::api
