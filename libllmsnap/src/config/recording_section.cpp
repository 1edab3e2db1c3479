#include "config/recording_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/escape.h"
#include "config/key_table.h"
#include "config/writable_path.h"

namespace llmsnap {
namespace {

// What is more is taken as that.
constexpr std::int64_t MostRecords = 10'000'000;
constexpr std::int64_t MostStoredRecords = 1'000'000'000;
constexpr std::int64_t MostMegabytes = 1'000'000;
constexpr std::chrono::seconds LeastInterval{5};

Result<void> read_store_path(const Field& field, RecordingConfig& out) {
  std::string path;
  if (auto done = field.read(path); !done) {
    return done;
  }
  out.store_path = ascii::trimmed(path, ascii::is_space);
  if (!out.store_path.empty() && !is_writable(out.store_path)) {
    return field.error(fmt::format("\"{}\" is not writable", escaped(out.store_path)));
  }
  return {};
}

Result<void> read_store_rows(const Field& field, RecordingConfig& out) {
  auto rows = static_cast<std::int64_t>(out.store_rows);
  auto done = field.read_integer(rows, {0, MostStoredRecords});
  if (done) {
    out.store_rows = static_cast<std::size_t>(rows);
  }
  return done;
}

constexpr std::array<KeyRule<RecordingConfig>, 3> StoreRules{{
    {"path", read_store_path},
    {"rows", read_store_rows},
    {"age", [](const Field& f, RecordingConfig& out) { return f.read(out.store_age); }},
}};

Result<void> read_every(const Field& field, RecordingConfig& out) {
  std::chrono::milliseconds every{0};
  if (auto done = field.read(every); !done) {
    return done;
  }
  if (every.count() != 0 && every < LeastInterval) {
    return field.error("every must be at least 5s");
  }
  if (every.count() != 0) {
    out.watch_interval = every;
  }
  return {};
}

constexpr std::array<KeyRule<RecordingConfig>, 2> PerformanceRules{{
    {"disabled",
     [](const Field& f, RecordingConfig& out) {
       bool disabled = false;
       auto done = f.read(disabled);
       out.watches_machine = !disabled;
       return done;
     }},
    {"every", read_every},
}};

Result<void> read_session_headers(const Field& field, RecordingConfig& out) {
  std::vector<std::string> names;
  if (auto done = field.read(names); !done) {
    return done;
  }
  out.session_headers.clear();
  for (const std::string& name : names) {
    const std::string_view trimmed = ascii::trimmed(name, ascii::is_space);
    const bool is_known = std::any_of(
        out.session_headers.begin(), out.session_headers.end(),
        [trimmed](const auto& other) { return ascii::equal_ignoring_case(other, trimmed); });
    if (!trimmed.empty() && !is_known) {
      out.session_headers.emplace_back(trimmed);
    }
  }
  return {};
}

constexpr std::array<KeyRule<RecordingConfig>, 1> ActivityRules{
    {{"session_id", read_session_headers}}};

constexpr std::array<KeyRule<RecordingConfig>, 1> UiRules{{
    {"activity",
     [](const Field& f, RecordingConfig& out) {
       return read_section<RecordingConfig>(f, ActivityRules, out);
     }},
}};

}  // namespace

Result<void> read_metrics_max(const Field& field, RecordingConfig& out) {
  std::int64_t records = 0;
  auto done = field.read_integer(records, AnyNumber);
  if (records < 0) {
    field.warn("below 0 is taken as the default");
  }
  if (records > 0) {
    out.records_in_memory = static_cast<std::size_t>(std::min(records, MostRecords));
  }
  return done;
}

Result<void> read_capture_buffer(const Field& field, RecordingConfig& out) {
  std::int64_t megabytes = 0;
  auto done = field.read_integer(megabytes, AnyNumber);
  if (megabytes < 0) {
    field.warn("below 0 is taken as 0, which means none");
  }
  out.capture_megabytes =
      static_cast<std::size_t>(std::clamp<std::int64_t>(megabytes, 0, MostMegabytes));
  return done;
}

Result<void> read_store(const Field& section, RecordingConfig& out) {
  auto done = read_section<RecordingConfig>(section, StoreRules, out);
  return done && out.store_path.empty() ? section.error("store.path must not be empty") : done;
}

Result<void> read_performance(const Field& section, RecordingConfig& out) {
  return read_section<RecordingConfig>(section, PerformanceRules, out);
}

Result<void> read_ui(const Field& section, RecordingConfig& out) {
  return read_section<RecordingConfig>(section, UiRules, out);
}

}  // namespace llmsnap
