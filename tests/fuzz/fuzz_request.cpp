#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/division.h"
#include "fuzz/transcript.h"
#include "wire/request_head.h"

namespace llmsnap::test {
namespace {

std::string write_head(const wire::RequestHead& head) {
  std::string text(head.method);
  text += " " + std::string(head.target);
  text += " HTTP/1." + std::to_string(head.minor_version) + "\r\n";
  for (const wire::Field& field : head.fields) {
    text += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  }
  return text + "\r\n";
}

/// What we took and write anew must read as the same request.
void check_rewritten(std::string_view bytes) {
  // Room for the spaces that writing adds.
  const wire::HeadLimits limits{.head = 80 * 1024, .target = 8 * 1024, .fields = 100};
  wire::HeadScanner scanner(wire::HeadLimits{});
  const auto progress = scanner.scan(bytes);
  if (!progress || progress->size == 0) {
    return;
  }
  wire::RequestHead first;
  const std::string_view head = bytes.substr(progress->skipped, progress->size);
  if (!wire::parse_request_head(head, limits, first)) {
    return;
  }
  const std::string text = write_head(first);
  wire::HeadScanner again(limits);
  const auto whole = again.scan(text);
  require(whole && whole->skipped == 0 && whole->size == text.size(),
          "a rewritten head is one head");
  wire::RequestHead second;
  const bool parsed = static_cast<bool>(wire::parse_request_head(text, limits, second));
  require(parsed, "a rewritten head is accepted");
  require(write_head(second) == text, "a rewritten head is the same head");
  require(first.path == second.path && first.query == second.query, "path and query stay");
  require(wire::find_field(first.fields, "Host") == nullptr || first.host == second.host,
          "host stays");
  require(first.framing == second.framing && first.content_length == second.content_length &&
              first.keep_alive == second.keep_alive &&
              first.expect_continue == second.expect_continue && first.upgrade == second.upgrade &&
              first.accepts_trailers == second.accepts_trailers,
          "framing and persistence stay");
}

}  // namespace
}  // namespace llmsnap::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace llmsnap::test;
  const std::string bytes(data, data + size);
  const Transcript whole = read_requests(bytes, {});
  const auto cuts = random_cuts(seed_of(bytes), bytes.size());
  require(read_requests(bytes, cuts).text == whole.text, "pieces do not change the verdict");
  if (size < 256) {
    require(read_requests(bytes, every_byte(size)).text == whole.text,
            "bytes do not change the verdict");
  }
  check_rewritten(bytes);
  return 0;
}
