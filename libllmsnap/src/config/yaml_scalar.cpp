#include "config/yaml_scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "base/ascii.h"

namespace llmsnap {
namespace {

/// Go's strconv writes an exponent below the one and from the other on.
constexpr int LeastExponent = -4;
constexpr int FirstExponent = 6;

struct Radix {
  int base;
  std::string_view digits;
};

Radix radix_of(std::string_view digits) {
  if (digits.size() > 1 && digits[0] == '0') {
    switch (ascii::to_lower(digits[1])) {
      case 'x':
        return {16, digits.substr(2)};
      case 'b':
        return {2, digits.substr(2)};
      case 'o':
        return {8, digits.substr(2)};
      default:
        return {8, digits.substr(1)};
    }
  }
  return {10, digits};
}

std::optional<ScalarValue> integer_of(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  const bool has_sign = is_negative || text.starts_with('+');
  const Radix radix = radix_of(text.substr(has_sign ? 1 : 0));
  std::uint64_t size = 0;
  const char* end = radix.digits.data() + radix.digits.size();
  const auto [stop, error] = std::from_chars(radix.digits.data(), end, size, radix.base);
  if (radix.digits.empty() || error != std::errc() || stop != end) {
    return std::nullopt;
  }
  constexpr auto Most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (is_negative) {
    return size <= Most + 1 ? std::optional<ScalarValue>(static_cast<std::int64_t>(~size + 1))
                            : std::nullopt;
  }
  if (size <= Most) {
    return static_cast<std::int64_t>(size);
  }
  return has_sign ? std::nullopt : std::optional<ScalarValue>(size);
}

/// `12`, `1.5`, `.5`, `1.`, each perhaps with a sign and an exponent.
bool looks_like_float(std::string_view text) {
  const auto take_digits = [&text] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  const auto take_one_of = [&text](std::string_view characters) {
    const bool found = !text.empty() && characters.find(text.front()) != std::string_view::npos;
    text.remove_prefix(found ? 1 : 0);
    return found;
  };
  take_one_of("+-");
  const std::size_t before = take_digits();
  const std::size_t behind = take_one_of(".") ? take_digits() : 0;
  if (before + behind == 0) {
    return false;
  }
  if (take_one_of("eE")) {
    take_one_of("+-");
    if (take_digits() == 0) {
      return false;
    }
  }
  return text.empty();
}

std::optional<double> float_of(std::string_view text) {
  if (!looks_like_float(text)) {
    return std::nullopt;
  }
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

std::string printed(double value) {
  if (value == 0) {
    return std::signbit(value) ? "-0" : "0";
  }
  int behind_first = 0;  // the fewest digits that give the same value
  while (behind_first < 16 && float_of(fmt::format("{:.{}e}", value, behind_first)) != value) {
    ++behind_first;
  }
  const std::string text = fmt::format("{:.{}e}", value, behind_first);
  const int exponent = std::stoi(text.substr(text.find('e') + 1));
  return exponent < LeastExponent || exponent >= FirstExponent
             ? text
             : fmt::format("{:.{}f}", value, std::max(0, behind_first - exponent));
}

}  // namespace

ScalarValue scalar_value(const YamlNode& scalar) {
  const std::string& text = scalar.text;
  if (scalar.quoted || text.empty()) {
    return text;
  }
  if (text == "true" || text == "True" || text == "TRUE") {
    return true;
  }
  if (text == "false" || text == "False" || text == "FALSE") {
    return false;
  }
  const bool may_be_number =
      ascii::is_digit(text[0]) || text[0] == '+' || text[0] == '-' || text[0] == '.';
  if (!may_be_number) {
    return text;
  }
  std::string plain = text;
  if (text[0] != '.') {
    std::erase(plain, '_');
  }
  if (const auto integer = integer_of(plain)) {
    return *integer;
  }
  if (const auto number = float_of(plain)) {
    return *number;
  }
  return text;
}

std::string printed_value(const YamlNode& scalar) {
  const ScalarValue value = scalar_value(scalar);
  if (const auto* text = std::get_if<std::string>(&value)) {
    return *text;
  }
  if (const auto* truth = std::get_if<bool>(&value)) {
    return *truth ? "true" : "false";
  }
  if (const auto* number = std::get_if<double>(&value)) {
    return printed(*number);
  }
  if (const auto* large = std::get_if<std::uint64_t>(&value)) {
    return std::to_string(*large);
  }
  return std::to_string(std::get<std::int64_t>(value));
}

}  // namespace llmsnap
