#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace bench {
namespace {

constexpr std::string_view Subject = "llmsnapd";
constexpr std::string_view Baseline = "direct";

std::string with_unit(double value, std::string_view unit) {
  if (unit == "/s") {
    return fmt::format("{:.0f} /s", value);
  }
  if (unit.empty()) {
    return fmt::format("{:.0f}", value);
  }
  return fmt::format("{:.{}f} {}", value, unit == "ms" || unit == "x" ? 2 : 1, unit);
}

std::vector<double> good_ones(const std::vector<Outcome<double>>& figures) {
  std::vector<double> values;
  for (const auto& figure : figures) {
    if (figure) {
      values.push_back(*figure);
    }
  }
  return values;
}

// A reason may hold what a program printed; a bar would end the cell.
std::string in_cell(std::string text) {
  std::replace(text.begin(), text.end(), '|', '/');
  return text;
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
}

void Results::add(std::string_view row, std::string_view target, Outcome<double> figure) {
  figures_[{std::string(row), std::string(target)}].push_back(std::move(figure));
}

Results::Figures Results::figures(const Row& row, const std::string& target) const {
  const auto find = [&](std::string_view name) {
    const auto found = figures_.find({std::string(row.name), std::string(name)});
    return found == figures_.end() ? Figures{} : found->second;
  };
  Figures mine = find(target);
  if (row.show != Row::Show::AddedOverDirect || target == Baseline) {
    return mine;
  }
  const Figures direct = find(Baseline);
  for (std::size_t round = 0; round < mine.size(); ++round) {
    if (mine[round] && round < direct.size() && direct[round]) {
      mine[round] = *mine[round] - *direct[round];
    } else if (mine[round]) {
      mine[round] = Reason{"direct was not measured in the same round"};
    }
  }
  return mine;
}

std::string Results::cell(const Row& row, const std::string& target) const {
  const Figures all = figures(row, target);
  if (all.empty()) {
    return "not measured: the run ended before";
  }
  const std::vector<double> good = good_ones(all);
  const auto bad = std::find_if(all.begin(), all.end(), [](const auto& figure) { return !figure; });
  if (good.empty()) {
    return in_cell("not measured: " + bad->reason().text);
  }
  std::string text = with_unit(median(good), row.unit);
  if (row.show == Row::Show::AddedOverDirect && target == Baseline) {
    text += " in all";
  }
  if (bad != all.end()) {
    text += fmt::format(" ({} of {} rounds without figure: {})", all.size() - good.size(),
                        all.size(), bad->reason().text);
  }
  return in_cell(text);
}

std::string Results::ratio(const Row& row, const std::string& other) const {
  const Figures mine = figures(row, std::string(Subject));
  const Figures theirs = figures(row, other);
  std::vector<double> ratios;
  for (std::size_t round = 0; round < std::min(mine.size(), theirs.size()); ++round) {
    // Below zero is noise: an added delay that was less than that of `direct` varies.
    if (mine[round] && theirs[round] && *mine[round] > 0 && *theirs[round] > 0) {
      ratios.push_back(*mine[round] / *theirs[round]);
    }
  }
  return ratios.empty() ? "-" : fmt::format("{:.2f}", median(ratios));
}

void Results::print(const std::vector<Row>& rows, const std::vector<std::string>& targets) const {
  std::vector<std::string> others;
  std::copy_if(targets.begin(), targets.end(), std::back_inserter(others),
               [](const std::string& name) { return name != Subject && name != Baseline; });
  std::string head = "| |";
  std::string rule = "|---|";
  for (const std::string& target : targets) {
    head += fmt::format(" {} |", target);
    rule += "---|";
  }
  for (const std::string& other : others) {
    head += fmt::format(" {} / {} |", Subject, other);
    rule += "---|";
  }
  fmt::print("{} target |\n{}---|\n", head, rule);
  std::string notes;
  for (const Row& row : rows) {
    if (row.show == Row::Show::Note) {
      notes += fmt::format("- {}: {}\n", row.title, cell(row, std::string(Baseline)));
      continue;
    }
    std::string line = fmt::format("| {} |", row.title);
    for (const std::string& target : targets) {
      line += fmt::format(" {} |", cell(row, target));
    }
    for (const std::string& other : others) {
      line += fmt::format(" {} |", ratio(row, other));
    }
    fmt::print("{} {} |\n", line, row.goal);
  }
  fmt::print("\n{}", notes);
}

}  // namespace bench
