#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/division.h"
#include "llmsnap/config.h"

namespace llmsnap::test {
namespace {

/// What a message shows of the file is escaped: it stays one line of a log.
bool is_one_line(std::string_view message) {
  return !message.empty() && std::none_of(message.begin(), message.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

void check_config_text(std::string_view text) {
  const auto config = parse_config(text, "fuzz");
  const auto strict = parse_config(text, "fuzz", UnknownKeys::Refuse);
  require(config || !strict, "what is taken strictly is taken");
  require(config || is_one_line(config.error().message), "an error is one line");
  require(strict || is_one_line(strict.error().message), "a strict error is one line");
  if (!config) {
    return;
  }
  require(std::all_of(config->warnings.begin(), config->warnings.end(), is_one_line),
          "a warning is one line");
  require(!strict || *strict == *config, "strictness does not change a config");
  require(!resolved_json(*config).empty(), "a config can be shown");
}

}  // namespace
}  // namespace llmsnap::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  llmsnap::test::check_config_text(std::string(data, data + size));
  return 0;
}
