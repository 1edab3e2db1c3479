#include "api/query_parameters.h"

#include <algorithm>
#include <optional>

#include "base/hex.h"

namespace llmsnap::api {
namespace {

std::optional<std::string> unescaped(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decoded(spaced);
}

}  // namespace

QueryParameters::QueryParameters(std::string_view query) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const std::size_t end = std::min(parameter.find('='), parameter.size());
    auto name = unescaped(parameter.substr(0, end));
    auto value = unescaped(parameter.substr(std::min(end + 1, parameter.size())));
    if (name && value) {
      parameters_.emplace_back(std::move(*name), std::move(*value));
    }
  }
}

std::string_view QueryParameters::first(std::string_view name) const {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [name](const auto& one) { return one.first == name; });
  return found == parameters_.end() ? std::string_view() : found->second;
}

std::vector<std::string_view> QueryParameters::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [known, value] : parameters_) {
    if (known == name) {
      values.emplace_back(value);
    }
  }
  return values;
}

}  // namespace llmsnap::api
