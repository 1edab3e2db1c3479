// Exposition: writes families of measures in Prometheus's text format, version 0.0.4.
// Thread rule: a plain value. PURE.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llmsnap::metrics {

/// Names that Prometheus allows, and values of any text.
using Labels = std::vector<std::pair<std::string_view, std::string>>;

inline constexpr std::string_view ExpositionType = "text/plain; version=0.0.4; charset=utf-8";

class Exposition {
 public:
  enum class Type { Counter, Gauge, Histogram };

  /// The family that what follows belongs to; each once. One that gets no value is not written.
  /// `name` and `help` must outlive the next begin.
  void begin(std::string_view name, std::string_view help, Type type);

  void add(const Labels& labels, double value) { add_as({}, labels, value); }
  template <std::unsigned_integral Count>
  void add(const Labels& labels, Count value) {
    add_count({}, labels, value);
  }

  /// Of a series whose name has an ending: `_bucket`, `_sum`, `_count` of a histogram.
  void add_as(std::string_view ending, const Labels& labels, double value);
  void add_count(std::string_view ending, const Labels& labels, std::uint64_t value);

  const std::string& text() const& { return text_; }
  std::string text() && { return std::move(text_); }

 private:
  void begin_line(std::string_view ending, const Labels& labels);

  std::string_view name_;
  std::string_view help_;
  Type type_ = Type::Gauge;
  bool head_written_ = false;
  std::string text_;
};

}  // namespace llmsnap::metrics
