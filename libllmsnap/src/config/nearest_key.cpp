#include "config/nearest_key.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "base/ascii.h"

namespace llmsnap {
namespace {

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

std::optional<std::string_view> nearest_key(std::string_view unknown,
                                            const std::vector<std::string_view>& known) {
  if (unknown.size() > MaxKeyLength) {
    return std::nullopt;
  }
  const std::string wanted = folded(unknown);
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
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
