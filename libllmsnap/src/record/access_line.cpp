#include "record/access_line.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/escape.h"
#include "base/outcome_name.h"
#include "base/timestamp.h"

namespace llmsnap::record {
namespace {

using Clock = TrafficRecord::Clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

std::optional<Milliseconds> since_received(const TrafficRecord& record, Clock::time_point then) {
  if (then == Clock::time_point{}) {
    return std::nullopt;
  }
  return then - record.received;
}

// Text of a client between quotes: it ends where we end it.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  out += '"';
  return escaped(out);
}

std::string duration_text(Milliseconds duration) {
  const double ms = duration.count();
  if (ms < 1) {
    return fmt::format("{:.0f}us", ms * 1000);
  }
  return ms < 1000 ? fmt::format("{:.3f}ms", ms) : fmt::format("{:.3f}s", ms / 1000);
}

/// An answer that broke has the status it began with: only its outcome tells it from others.
std::string outcome_text(const TrafficRecord& record) {
  if (record.outcome == Outcome::Complete || record.outcome == Outcome::Refused) {
    return {};
  }
  return fmt::format(" {} {}", name_of(record.outcome), in_quotes(record.error));
}

std::string_view or_dash(std::string_view text) {
  return text.empty() ? "-" : text;
}

/// Up to the duration it is the line of llama-swap; what is ours follows, and who reads that line
/// by its first fields goes on.
std::string text_line(const TrafficRecord& record) {
  const auto duration = since_received(record, record.finished).value_or(Milliseconds(0));
  return fmt::format("Request {} {} {} {} {} {}{} {} {}", or_dash(record.client),
                     in_quotes(record.method + ' ' + record.path + ' ' + record.protocol),
                     record.status, record.response_bytes, in_quotes(record.user_agent),
                     duration_text(duration), outcome_text(record),
                     in_quotes(or_dash(record.model)), escaped(or_dash(record.id)));
}

std::string_view source_name(Source source) {
  switch (source) {
    case Source::Gateway:
      return "gateway";
    case Source::Local:
      return "local";
    case Source::Passthrough:
      return "passthrough";
  }
  return "";
}

// A JSON object, written member by member; what is empty or absent is left out.
class JsonLine {
 public:
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      begin(name);
      append_string(value);
    }
  }
  template <typename Number>
  void number(std::string_view name, Number value) {
    begin(name);
    fmt::format_to(std::back_inserter(line_), "{}", value);
  }
  void number(std::string_view name, std::optional<std::uint64_t> value) {
    if (value) {
      number(name, *value);
    }
  }
  void number(std::string_view name, std::optional<Milliseconds> value) {
    if (value) {
      begin(name);
      fmt::format_to(std::back_inserter(line_), "{:.3f}", value->count());
    }
  }
  std::string finish() {
    line_ += '}';
    return std::move(line_);
  }

 private:
  void begin(std::string_view name) {
    line_ += line_.size() > 1 ? ",\"" : "\"";
    line_ += name;
    line_ += "\":";
  }
  void append_string(std::string_view value) {
    const bool is_text = simdjson::validate_utf8(value.data(), value.size());
    line_ += '"';
    for (std::size_t at = 0; at < value.size(); ++at) {
      const auto byte = static_cast<unsigned char>(value[at]);
      if (byte >= 0x80 && !is_text) {
        line_ += "\\ufffd";
      } else if (byte == 0xC2 && static_cast<unsigned char>(value[at + 1]) < 0xA0) {
        // A C1 control: harmless in JSON, not on a terminal that shows the log.
        fmt::format_to(std::back_inserter(line_), "\\u{:04x}",
                       static_cast<unsigned char>(value[++at]));
      } else if (byte < 0x20 || byte == 0x7F) {
        fmt::format_to(std::back_inserter(line_), "\\u{:04x}", byte);
      } else {
        if (byte == '"' || byte == '\\') {
          line_ += '\\';
        }
        line_ += value[at];
      }
    }
    line_ += '"';
  }

  std::string line_ = "{";
};

std::string json_line(const TrafficRecord& record) {
  JsonLine line;
  line.text("time", utc_timestamp(record.received_at));
  line.text("id", record.id);
  line.text("client", record.client);
  line.text("key", record.key_name);
  line.text("method", record.method);
  line.text("path", record.path);
  line.text("protocol", record.protocol);
  line.number("status", record.status);
  line.text("outcome", name_of(record.outcome));
  line.text("error", record.error);
  line.text("source", source_name(record.source));
  line.text("requested_model", record.requested_model);
  line.text("model", record.model);
  line.text("upstream", record.upstream);
  line.number("streamed", record.streamed);
  line.number("request_bytes", record.request_bytes);
  line.number("bytes", record.response_bytes);
  line.text("user_agent", record.user_agent);
  line.number("first_byte_ms", since_received(record, record.first_byte));
  line.number("duration_ms", since_received(record, record.finished));
  line.number("input_tokens", record.usage.input_tokens);
  line.number("output_tokens", record.usage.output_tokens);
  line.number("cached_tokens", record.usage.cached_tokens);
  line.text("stop_reason", record.usage.stop_reason);
  return line.finish();
}

}  // namespace

bool belongs_in_access_log(const TrafficRecord& record) {
  constexpr std::array<std::string_view, 3> Polled{"/wol-health", "/metrics", "/api/performance"};
  const std::string_view path = record.path;
  // Of models' own paths, which may be called so too, monitors have no business.
  return record.source != Source::Gateway ||
         std::find(Polled.begin(), Polled.end(), path.substr(0, path.find('?'))) == Polled.end();
}

std::string access_line(const TrafficRecord& record, AccessLogFormat format) {
  switch (format) {
    case AccessLogFormat::Text:
      return text_line(record);
    case AccessLogFormat::Json:
      return json_line(record);
    case AccessLogFormat::Off:
      break;
  }
  return {};
}

}  // namespace llmsnap::record
