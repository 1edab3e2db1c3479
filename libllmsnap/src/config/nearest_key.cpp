#include "config/nearest_key.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include "base/ascii.h"

namespace llmsnap {
namespace {

struct Slip {
  std::string_view section;
  std::string_view wrote;  // folded
  std::string_view meant;
};

constexpr std::array Slips{
    Slip{"", "host", "listen"},
    Slip{"", "keys", "apiKeys"},
    Slip{"", "port", "listen"},
    Slip{"", "aliases", "models.<id>.aliases"},
    Slip{"", "maxmodels", "maxLoaded"},
    Slip{"", "maxrunningmodels", "maxLoaded"},
    Slip{"", "starttimeout", "healthCheckTimeout"},
    Slip{"", "readytimeout", "healthCheckTimeout"},
    Slip{"", "preload", "hooks.on_startup.preload"},
    Slip{"models.*.", "starttimeout", "healthCheckTimeout"},
    Slip{"models.*.", "readytimeout", "healthCheckTimeout"},
    Slip{"models.*.", "stripparams", "filters.stripParams"},
    Slip{"models.*.", "setparams", "filters.setParams"},
    Slip{"models.*.", "setparamsbyid", "filters.setParamsByID"},
    Slip{"models.*.", "group", "groups.<name>.members"},
    Slip{"models.*.", "alias", "aliases"},
    Slip{"models.*.", "command", "cmd"},
    Slip{"models.*.", "concurrency", "concurrencyLimit"},
    Slip{"models.*.", "environment", "env"},
    Slip{"models.*.", "healthcheck", "checkEndpoint"},
    Slip{"groups.*.", "models", "members"},
};

constexpr std::size_t ShortKey = 3;       // whose neighbours are all alike
constexpr std::size_t MaxKeyLength = 64;  // longer ones are no slips of the finger

std::string folded(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c != '_' && c != '-') {
      out += ascii::to_lower(c);
    }
  }
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string_view> meant_key(std::string_view section, std::string_view unknown,
                                          const std::vector<std::string_view>& known) {
  const std::string wanted = folded(unknown);
  const auto* slip = std::find_if(Slips.begin(), Slips.end(), [&](const Slip& one) {
    return one.section == section && one.wrote == wanted;
  });
  return slip != Slips.end() ? std::optional(slip->meant) : nearest_key(unknown, known);
}

std::optional<std::string_view> nearest_key(std::string_view unknown,
                                            const std::vector<std::string_view>& known) {
  if (unknown.size() > MaxKeyLength) {
    return std::nullopt;
  }
  const std::string wanted = folded(unknown);
  std::optional<std::string_view> best;
  std::size_t best_distance =
      wanted.size() < ShortKey ? 1 : std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const std::string_view key : known) {
    const std::size_t distance = edit_distance(wanted, folded(key));
    if (distance < best_distance) {
      best = key;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace llmsnap
