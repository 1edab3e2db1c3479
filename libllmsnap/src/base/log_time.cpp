#include "llmsnap/log_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "base/timestamp.h"

namespace llmsnap {
namespace {

using Clock = std::chrono::system_clock;

constexpr std::array<std::pair<std::string_view, LogTimeFormat>, 16> Names{{
    {"none", LogTimeFormat::None},
    {"ansic", LogTimeFormat::Ansic},
    {"unixdate", LogTimeFormat::UnixDate},
    {"rubydate", LogTimeFormat::RubyDate},
    {"rfc822", LogTimeFormat::Rfc822},
    {"rfc822z", LogTimeFormat::Rfc822Z},
    {"rfc850", LogTimeFormat::Rfc850},
    {"rfc1123", LogTimeFormat::Rfc1123},
    {"rfc1123z", LogTimeFormat::Rfc1123Z},
    {"rfc3339", LogTimeFormat::Rfc3339},
    {"rfc3339nano", LogTimeFormat::Rfc3339Nano},
    {"kitchen", LogTimeFormat::Kitchen},
    {"stamp", LogTimeFormat::Stamp},
    {"stampmilli", LogTimeFormat::StampMilli},
    {"stampmicro", LogTimeFormat::StampMicro},
    {"stampnano", LogTimeFormat::StampNano},
}};

constexpr std::array<std::string_view, 7> Days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> Months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// The parts that Go's formats are made of. strftime would follow the host's locale.
struct Moment {
  explicit Moment(Clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time - whole).count();
    const std::time_t seconds = Clock::to_time_t(whole);
    ::localtime_r(&seconds, &parts);
  }

  std::string_view weekday() const { return Days[static_cast<std::size_t>(parts.tm_wday)]; }
  std::string_view day() const { return weekday().substr(0, 3); }
  std::string_view month() const { return Months[static_cast<std::size_t>(parts.tm_mon)]; }
  int year() const { return parts.tm_year + 1900; }
  int short_year() const { return year() % 100; }
  std::string_view zone() const { return parts.tm_zone == nullptr ? "UTC" : parts.tm_zone; }
  std::string clock() const {
    return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
  }
  std::string offset(std::string_view colon) const {
    const long minutes = std::labs(parts.tm_gmtoff) / 60;
    return fmt::format("{}{:02}{}{:02}", parts.tm_gmtoff < 0 ? '-' : '+', minutes / 60, colon,
                       minutes % 60);
  }
  std::string stamp() const { return fmt::format("{} {:2} {}", month(), parts.tm_mday, clock()); }

  std::tm parts{};
  long long nanoseconds = 0;
};

std::string rfc3339(const Moment& at, std::string_view fraction) {
  return fmt::format("{:04}-{:02}-{:02}T{}{}{}", at.year(), at.parts.tm_mon + 1, at.parts.tm_mday,
                     at.clock(), fraction, at.parts.tm_gmtoff == 0 ? "Z" : at.offset(":"));
}

std::string fraction_without_zeros(const Moment& at) {
  std::string text = fmt::format(".{:09}", at.nanoseconds);
  text.erase(text.find_last_not_of(".0") + 1);
  return text;
}

std::string rfc822(const Moment& at, std::string_view zone) {
  return fmt::format("{:02} {} {:02} {:02}:{:02} {}", at.parts.tm_mday, at.month(), at.short_year(),
                     at.parts.tm_hour, at.parts.tm_min, zone);
}

std::string rfc1123(const Moment& at, std::string_view zone) {
  return fmt::format("{}, {:02} {} {:04} {} {}", at.day(), at.parts.tm_mday, at.month(), at.year(),
                     at.clock(), zone);
}

std::string kitchen(const Moment& at) {
  const int hour = at.parts.tm_hour % 12;
  return fmt::format("{}:{:02}{}", hour == 0 ? 12 : hour, at.parts.tm_min,
                     at.parts.tm_hour < 12 ? "AM" : "PM");
}

std::string go_time(LogTimeFormat format, const Moment& at) {
  switch (format) {
    case LogTimeFormat::Utc:
    case LogTimeFormat::None:
      break;
    case LogTimeFormat::Ansic:
      return fmt::format("{} {} {:04}", at.day(), at.stamp(), at.year());
    case LogTimeFormat::UnixDate:
      return fmt::format("{} {} {} {:04}", at.day(), at.stamp(), at.zone(), at.year());
    case LogTimeFormat::RubyDate:
      return fmt::format("{} {} {:02} {} {} {:04}", at.day(), at.month(), at.parts.tm_mday,
                         at.clock(), at.offset(""), at.year());
    case LogTimeFormat::Rfc822:
      return rfc822(at, at.zone());
    case LogTimeFormat::Rfc822Z:
      return rfc822(at, at.offset(""));
    case LogTimeFormat::Rfc850:
      return fmt::format("{}, {:02}-{}-{:02} {} {}", at.weekday(), at.parts.tm_mday, at.month(),
                         at.short_year(), at.clock(), at.zone());
    case LogTimeFormat::Rfc1123:
      return rfc1123(at, at.zone());
    case LogTimeFormat::Rfc1123Z:
      return rfc1123(at, at.offset(""));
    case LogTimeFormat::Rfc3339:
      return rfc3339(at, {});
    case LogTimeFormat::Rfc3339Nano:
      return rfc3339(at, fraction_without_zeros(at));
    case LogTimeFormat::Kitchen:
      return kitchen(at);
    case LogTimeFormat::Stamp:
      return at.stamp();
    case LogTimeFormat::StampMilli:
      return fmt::format("{}.{:03}", at.stamp(), at.nanoseconds / 1'000'000);
    case LogTimeFormat::StampMicro:
      return fmt::format("{}.{:06}", at.stamp(), at.nanoseconds / 1'000);
    case LogTimeFormat::StampNano:
      return fmt::format("{}.{:09}", at.stamp(), at.nanoseconds);
  }
  return {};
}

}  // namespace

std::optional<LogTimeFormat> log_time_format(std::string_view name) {
  const auto* found = std::find_if(Names.begin(), Names.end(),
                                   [name](const auto& known) { return known.first == name; });
  return found == Names.end() ? std::nullopt : std::optional(found->second);
}

std::string_view name_of(LogTimeFormat format) {
  const auto* const found = std::find_if(
      Names.begin(), Names.end(), [format](const auto& one) { return one.second == format; });
  return found == Names.end() ? std::string_view() : found->first;
}

std::string log_time(LogTimeFormat format, Clock::time_point time) {
  switch (format) {
    case LogTimeFormat::Utc:
      return utc_timestamp(time) + ' ';
    case LogTimeFormat::None:
      return {};
    default:
      return go_time(format, Moment(time)) + ' ';
  }
}

}  // namespace llmsnap
