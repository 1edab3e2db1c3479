#include "base/timestamp.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <ctime>

#include "base/ascii.h"

namespace llmsnap {
namespace {

using std::chrono::milliseconds;

/// Takes text from the front, and remembers whether all of it was as wanted.
class Taker {
 public:
  explicit Taker(std::string_view text) : rest_(text) {}

  int number(std::size_t digits, int most) {
    int value = 0;
    for (std::size_t place = 0; place < digits; ++place) {
      const char c = next();
      is_good_ = is_good_ && ascii::is_digit(c);
      value = value * 10 + (c - '0');
    }
    is_good_ = is_good_ && value <= most;
    return is_good_ ? value : 0;
  }
  void one_of(std::string_view characters) {
    is_good_ = characters.find(next()) != std::string_view::npos && is_good_;
  }
  char next() {
    if (rest_.empty()) {
      is_good_ = false;
      return '0';
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  char ahead() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool is_done() const { return is_good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

milliseconds taken_fraction(Taker& taker) {
  milliseconds fraction{0};
  if (taker.ahead() != '.') {
    return fraction;
  }
  taker.next();
  int weight = 100;
  do {
    fraction += milliseconds(weight * taker.number(1, 9));
    weight /= 10;
  } while (ascii::is_digit(taker.ahead()));
  return fraction;
}

std::chrono::minutes taken_offset(Taker& taker) {
  const char sign = taker.next();
  if (sign == 'Z' || sign == 'z') {
    return std::chrono::minutes(0);
  }
  const int hours = taker.number(2, 23);
  taker.one_of(":");
  const int minutes = taker.number(2, 59);
  if (sign != '+' && sign != '-') {
    taker.one_of({});
  }
  return std::chrono::minutes((sign == '-' ? -1 : 1) * (60 * hours + minutes));
}

}  // namespace

std::string utc_timestamp(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<milliseconds>(time - whole).count();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, rest);
}

std::optional<std::chrono::system_clock::time_point> parsed_timestamp(std::string_view text) {
  Taker taker(text);
  const std::chrono::year year(taker.number(4, 9999));
  taker.one_of("-");
  const std::chrono::month month(static_cast<unsigned>(taker.number(2, 12)));
  taker.one_of("-");
  const std::chrono::day day(static_cast<unsigned>(taker.number(2, 31)));
  taker.one_of("Tt ");
  const std::chrono::hours hours(taker.number(2, 23));
  taker.one_of(":");
  const std::chrono::minutes minutes(taker.number(2, 59));
  taker.one_of(":");
  const std::chrono::seconds seconds(std::min(taker.number(2, 60), 59));
  const milliseconds fraction = taken_fraction(taker);
  const std::chrono::minutes offset = taken_offset(taker);
  const std::chrono::year_month_day date(year, month, day);
  if (!taker.is_done() || !date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + hours + minutes + seconds + fraction - offset;
}

}  // namespace llmsnap
