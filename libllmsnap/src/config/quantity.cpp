#include "config/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "base/ascii.h"

namespace llmsnap {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double MaxDurationMs = 100.0 * 365 * 24 * 3'600'000;
constexpr double MaxSize = 9.0e18;

constexpr std::array<Unit, 5> DurationUnits{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

constexpr std::array<Unit, 9> SizeUnits{{{"b", 1},
                                         {"kib", 1024.0},
                                         {"mib", 1024.0 * 1024},
                                         {"gib", 1024.0 * 1024 * 1024},
                                         {"tib", 1024.0 * 1024 * 1024 * 1024},
                                         {"kb", 1e3},
                                         {"mb", 1e6},
                                         {"gb", 1e9},
                                         {"tb", 1e12}}};

using ascii::is_digit;
using ascii::lower_case;

// Takes `12` or `1.5` off the front; no sign, no exponent, digits on both sides of a point.
std::optional<double> take_number(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && (is_digit(text[length]) || text[length] == '.')) {
    ++length;
  }
  const std::string_view number = text.substr(0, length);
  double value = 0;
  const char* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (number.empty() || !is_digit(number.front()) || !is_digit(number.back()) ||
      error != std::errc() || stop != end) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  return value;
}

template <std::size_t N>
std::optional<double> take_unit(std::string_view& text, const std::array<Unit, N>& units) {
  std::size_t length = 0;
  while (length < text.size() && !is_digit(text[length])) {
    ++length;
  }
  for (const Unit& unit : units) {
    if (unit.name == text.substr(0, length)) {
      text.remove_prefix(length);
      return unit.factor;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) {
      return std::nullopt;
    }
  }
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool leading_zero = digits.size() > 1 && digits.front() == '0';
  if (digits.empty() || leading_zero || error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
  const std::string word = lower_case(text);
  if (word == "true" || word == "yes" || word == "y" || word == "on") {
    return true;
  }
  if (word == "false" || word == "no" || word == "n" || word == "off") {
    return false;
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double total = 0;
  bool is_first = true;
  do {
    const auto number = take_number(text);
    if (!number) {
      return std::nullopt;
    }
    if (is_first && text.empty()) {
      total = *number * 1'000;
      break;
    }
    const auto factor = take_unit(text, DurationUnits);
    if (!factor) {
      return std::nullopt;
    }
    total += *number * *factor;
    is_first = false;
  } while (!text.empty());
  // Rounded up, so that a very short time does not become 0, which means "no limit".
  total = std::ceil(total - 1e-6);
  if (total > MaxDurationMs) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (const auto bytes = parse_integer(text)) {
    return *bytes >= 0 ? std::optional(static_cast<std::uint64_t>(*bytes)) : std::nullopt;
  }
  const std::string lowered = lower_case(text);
  std::string_view rest = lowered;
  const auto number = take_number(rest);
  while (rest.starts_with(' ')) {
    rest.remove_prefix(1);
  }
  const auto factor = number ? take_unit(rest, SizeUnits) : std::nullopt;
  if (!factor || !rest.empty() || *number * *factor > MaxSize) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(std::llround(*number * *factor));
}

}  // namespace llmsnap
