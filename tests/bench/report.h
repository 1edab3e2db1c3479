#pragma once
// Collects one figure per row, target and round, and prints medians as a Markdown table.
// Main thread only.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outcome.h"
#include "rows.h"

namespace bench {

class Results {
 public:
  // The figures of a row and target are added in the order of the rounds, one per round.
  void add(std::string_view row, std::string_view target, Outcome<double> figure);

  // Rows in their order, a column per target, then the ratios of `llmsnapd` to each other gateway.
  void print(const std::vector<Row>& rows, const std::vector<std::string>& targets) const;

 private:
  using Figures = std::vector<Outcome<double>>;

  Figures figures(const Row& row, const std::string& target) const;
  std::string cell(const Row& row, const std::string& target) const;
  std::string ratio(const Row& row, const std::string& other) const;

  std::map<std::pair<std::string, std::string>, Figures> figures_;
};

// The middle one, or the mean of the middle two. Precondition: not empty.
double median(std::vector<double> values);

// The value that this share of the values does not exceed. Precondition: not empty.
double percentile(std::vector<double> values, double share);

}  // namespace bench
