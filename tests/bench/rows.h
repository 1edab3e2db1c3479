#pragma once
// The rows of the table: what each is called, its unit and its target.
// Constant tables, any thread.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct Row {
  enum class Show {
    Plain,
    AddedOverDirect,  // the figure less that of `direct` in the same round
    Note              // a line below the table: what the bench itself costs
  };
  std::string_view name;
  std::string_view title;
  std::string_view unit;
  std::string_view goal;
  Show show = Show::Plain;
};

std::span<const Row> all_rows();

// The rows that these names select; a name also selects what begins with it and a hyphen ("sse").
// No names: all. A name that selects nothing is put into `unknown`.
std::vector<Row> select_rows(const std::vector<std::string>& names, std::string& unknown);

bool selected(const std::vector<Row>& rows, std::string_view name);

}  // namespace bench
