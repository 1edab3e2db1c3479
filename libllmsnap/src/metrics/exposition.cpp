#include "metrics/exposition.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace llmsnap::metrics {
namespace {

std::string_view name_of(Exposition::Type type) {
  switch (type) {
    case Exposition::Type::Counter:
      return "counter";
    case Exposition::Type::Gauge:
      return "gauge";
    case Exposition::Type::Histogram:
      return "histogram";
  }
  return "untyped";
}

enum class Place { Help, Label };

void append_escaped(std::string_view value, Place place, std::string& text) {
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
    } else if (c == '\\' || (c == '"' && place == Place::Label)) {
      text += '\\';
      text += c;
    } else {
      text += c;
    }
  }
}

}  // namespace

void Exposition::begin(std::string_view name, std::string_view help, Type type) {
  name_ = name;
  help_ = help;
  type_ = type;
  head_written_ = false;
}

void Exposition::begin_line(std::string_view ending, const Labels& labels) {
  if (!std::exchange(head_written_, true)) {
    fmt::format_to(std::back_inserter(text_), "# HELP {} ", name_);
    append_escaped(help_, Place::Help, text_);
    fmt::format_to(std::back_inserter(text_), "\n# TYPE {} {}\n", name_, name_of(type_));
  }
  text_ += name_;
  text_ += ending;
  char before = '{';
  for (const auto& [name, value] : labels) {
    text_ += std::exchange(before, ',');
    text_ += name;
    text_ += "=\"";
    append_escaped(value, Place::Label, text_);
    text_ += '"';
  }
  text_ += labels.empty() ? " " : "} ";
}

void Exposition::add_as(std::string_view ending, const Labels& labels, double value) {
  begin_line(ending, labels);
  if (std::isnan(value)) {
    text_ += "NaN\n";
  } else if (std::isinf(value)) {
    text_ += value > 0 ? "+Inf\n" : "-Inf\n";
  } else {
    fmt::format_to(std::back_inserter(text_), "{}\n", value);
  }
}

void Exposition::add_count(std::string_view ending, const Labels& labels, std::uint64_t value) {
  begin_line(ending, labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

}  // namespace llmsnap::metrics
