// The loader of configs. An input is a config; with a form feed in it, which no YAML may hold, what
// stands behind that is a second file. ${env.LLMSNAP_FUZZ} is set.
#include <stdlib.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/division.h"
#include "llmsnap/config.h"
#include "support/temporary_folder.h"

namespace llmsnap::test {
namespace {

constexpr const char* Variable = "LLMSNAP_FUZZ";
constexpr const char* Value = "a'\\\"b, c";

/// What a message shows of the file is escaped: it stays one line of a log.
bool is_one_line(std::string_view message) {
  return !message.empty() && std::none_of(message.begin(), message.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

bool are_lines(const std::vector<std::string>& messages) {
  return std::all_of(messages.begin(), messages.end(), is_one_line);
}

void check_config_text(std::string_view text) {
  const auto config = parse_config(text, "fuzz");
  const auto strict = parse_config(text, "fuzz", Warnings::Refused);
  require(config || !strict, "what is taken strictly is taken");
  require(config || is_one_line(config.error().message), "an error is one line");
  require(strict || is_one_line(strict.error().message), "a strict error is one line");
  if (!config) {
    return;
  }
  require(are_lines(config->warnings), "a warning is one line");
  require(!strict || *strict == *config, "strictness does not change a config");
  require(!resolved_json(*config).empty(), "a config can be shown");
}

/// The files of one process, written anew for each input.
class Files {
 public:
  Files() {
    std::filesystem::create_directory(sources().folder);
    ::setenv(Variable, Value, 1);
  }

  ConfigSources sources() const { return {folder_.path("main.yaml"), folder_.path("d")}; }

  void write(std::string_view first, std::string_view second) const {
    std::ofstream(sources().file, std::ios::binary) << first;
    std::ofstream(sources().folder + "/second.yaml", std::ios::binary) << second;
  }

 private:
  TemporaryFolder folder_;
};

void check_files(const ConfigSources& sources) {
  const CheckedConfig checked = check_config(sources);
  require(checked.config.has_value() == checked.errors.empty(), "an error means no config");
  require(are_lines(checked.errors) && are_lines(checked.warnings), "a message is one line");
  if (!checked.config) {
    return;
  }
  const CheckedConfig again = check_config(sources, Warnings::Told, &*checked.config);
  require(again.config && *again.config == *checked.config,
          "what did not change is the same beside the running config");
}

}  // namespace
}  // namespace llmsnap::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const llmsnap::test::Files files;
  const std::string text(data, data + size);
  const std::size_t end = std::min(text.find('\f'), text.size());
  llmsnap::test::check_config_text(std::string_view(text).substr(0, end));
  files.write(std::string_view(text).substr(0, end),
              std::string_view(text).substr(std::min(end + 1, text.size())));
  llmsnap::test::check_files(files.sources());
  return 0;
}
