// QueryParameters: what stands behind the `?` of a target, unescaped.
// Thread rule: a plain value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llmsnap::api {

class QueryParameters {
 public:
  /// As forms write it: `+` is a space. What has a broken escape is left out.
  explicit QueryParameters(std::string_view query);

  /// The first value of that name; empty: it is not there, or has none.
  std::string_view first(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace llmsnap::api
