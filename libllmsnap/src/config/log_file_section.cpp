#include "config/log_file_section.h"

#include <fmt/format.h>

#include <array>

#include "base/ascii.h"
#include "base/escape.h"
#include "config/key_table.h"
#include "config/writable_path.h"

namespace llmsnap {
namespace {

/// A file that holds less would be moved aside all the time.
constexpr std::uint64_t LeastSize = 64 * 1024;
constexpr Range KeptFiles{0, 1000};

Result<void> read_path(const Field& field, LogFileConfig& out) {
  std::string path;
  if (auto done = field.read(path); !done) {
    return done;
  }
  out.path = ascii::trimmed(path, ascii::is_space);
  if (out.path.empty()) {
    return field.error("expected a path");
  }
  return is_writable(out.path)
             ? Result<void>()
             : field.error(fmt::format("\"{}\" is not writable", escaped(out.path)));
}

constexpr std::array<KeyRule<LogFileConfig>, 3> Rules{{
    {"path", read_path},
    {"maxSize",
     [](const Field& f, LogFileConfig& out) { return f.read_size(out.max_size, LeastSize); }},
    {"keep",
     [](const Field& f, LogFileConfig& out) {
       std::int64_t keep = out.keep;
       auto done = f.read_integer(keep, KeptFiles);
       out.keep = static_cast<int>(keep);
       return done;
     }},
}};

}  // namespace

Result<void> read_log_file(const Field& field, std::optional<LogFileConfig>& out) {
  LogFileConfig file;
  auto done =
      field.is_mapping() ? read_section<LogFileConfig>(field, Rules, file) : read_path(field, file);
  if (!done) {
    return done;
  }
  if (file.path.empty()) {
    return field.error("logFile.path must not be empty");
  }
  out = std::move(file);
  return {};
}

}  // namespace llmsnap
