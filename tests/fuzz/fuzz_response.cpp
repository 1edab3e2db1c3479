#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/division.h"
#include "fuzz/transcript.h"
#include "wire/response_head.h"

namespace llmsnap::test {
namespace {

std::string write_head(const wire::ResponseHead& head) {
  std::string text = "HTTP/1." + std::to_string(head.minor_version) + " ";
  text += std::to_string(head.status) + " " + std::string(head.reason) + "\r\n";
  for (const wire::Field& field : head.fields) {
    text += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  }
  return text + "\r\n";
}

/// What we took and write anew must read as the same answer.
void check_rewritten(std::string_view bytes, bool to_head) {
  const wire::HeadLimits limits{.head = 80 * 1024, .target = 8 * 1024, .fields = 100};
  std::size_t scanned = 0;
  const auto size = wire::scan_response_head(bytes, scanned, wire::HeadLimits{});
  wire::ResponseHead first;
  if (!size || *size == 0 ||
      !wire::parse_response_head(bytes.substr(0, *size), to_head, limits, first)) {
    return;
  }
  const std::string text = write_head(first);
  scanned = 0;
  const auto whole = wire::scan_response_head(text, scanned, limits);
  require(whole && *whole == text.size(), "a rewritten head is one head");
  wire::ResponseHead second;
  const bool parsed = static_cast<bool>(wire::parse_response_head(text, to_head, limits, second));
  require(parsed, "a rewritten head is accepted");
  require(write_head(second) == text, "a rewritten head is the same head");
  require(first.framing == second.framing && first.content_length == second.content_length &&
              first.has_length == second.has_length && first.keep_alive == second.keep_alive,
          "framing and persistence stay");
}

}  // namespace
}  // namespace llmsnap::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace llmsnap::test;
  const std::string bytes(data, data + size);
  const std::size_t seed = seed_of(bytes);
  const bool to_head = seed % 8 == 0;
  const Transcript whole = read_response(bytes, to_head, {});
  const auto cuts = random_cuts(seed, bytes.size());
  require(read_response(bytes, to_head, cuts).text == whole.text,
          "pieces do not change the verdict");
  if (size < 256) {
    require(read_response(bytes, to_head, every_byte(size)).text == whole.text,
            "bytes do not change the verdict");
  }
  check_rewritten(bytes, to_head);
  return 0;
}
