#include "stderr_log.h"

#include <unistd.h>

#include <array>
#include <string>

#include "catch.h"

namespace llmsnapd {
namespace {

// What `write` sends to standard error; it must fit into a pipe.
template <typename Write>
std::string standard_error_of(const Write& write) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  write();
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  ::close(ends[1]);
  std::array<char, 4096> bytes{};
  const ssize_t count = ::read(ends[0], bytes.data(), bytes.size());
  ::close(ends[0]);
  return std::string(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
}

TEST_CASE("a message gets its time and level, a JSON line stays one", "[llmsnapd]") {
  const StderrLog log(llmsnap::LogLevel::Warn, llmsnap::LogTimeFormat::Utc);
  const std::string message =
      standard_error_of([&log] { log.write(llmsnap::LogLevel::Error, "no disk"); });
  CHECK(message.size() == std::string("2025-01-01T00:00:00.000Z error no disk\n").size());
  CHECK(message.substr(message.find(' ')) == " error no disk\n");
  CHECK(standard_error_of([&log] { log.write(llmsnap::LogLevel::Info, "hidden"); }).empty());
  CHECK(standard_error_of([&log] { log.write_bare(R"({"a":1})"); }) == "{\"a\":1}\n");
  const StderrLog timeless(llmsnap::LogLevel::Warn, llmsnap::LogTimeFormat::None);
  CHECK(standard_error_of([&] { timeless.write(llmsnap::LogLevel::Warn, "hm"); }) == "warn  hm\n");
}

TEST_CASE("each line that a model prints is shown behind the model's id", "[llmsnapd]") {
  const StderrLog log(llmsnap::LogLevel::Info, llmsnap::LogTimeFormat::Utc);
  CHECK(standard_error_of([&log] { log.write_output("org/m", "one\n\n\x1b[1mtwo\n"); }) ==
        "[org/m] one\n[org/m] \n[org/m] \x1b[1mtwo\n");
  CHECK(standard_error_of([&log] { log.write_output("m", ""); }).empty());
}

}  // namespace
}  // namespace llmsnapd
