#include "http/http_date.h"

#include <fmt/format.h>

namespace llmsnap::http {

std::string_view HttpDate::at(std::time_t time) {
  if (time != formatted_) {
    // strftime would follow the host's locale; the field is always English.
    static constexpr std::array<const char*, 7> Days{"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> Months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    const auto end =
        fmt::format_to_n(text_.data(), text_.size(), "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                         Days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                         Months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                         parts.tm_hour, parts.tm_min, parts.tm_sec);
    size_ = end.size;
    formatted_ = time;
  }
  return {text_.data(), size_};
}

}  // namespace llmsnap::http
