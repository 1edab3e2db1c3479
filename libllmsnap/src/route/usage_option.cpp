#include "route/usage_option.h"

#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

#include "route/body_edits.h"

namespace llmsnap::route {
namespace {

/// Chats and completions, with any prefix.
bool has_option(std::string_view target) {
  return target.substr(0, target.find('?')).ends_with("/completions");
}

constexpr std::size_t MostOptions = 4096;

bool asks_itself(std::string_view options) {
  simdjson::dom::parser parser;
  bool asked = false;
  return parser.parse(options.data(), options.size())["include_usage"].get(asked) ==
             simdjson::SUCCESS &&
         asked;
}

bool is_of_streams(std::string_view path) {
  const std::string key = path_components(path).front();
  return key == "stream" || key == "stream_options";
}

bool any_of_streams(const std::vector<SetParam>& params) {
  return std::any_of(params.begin(), params.end(),
                     [](const SetParam& param) { return is_of_streams(param.path); });
}

bool filters_decide(const FilterConfig& filters, std::string_view name) {
  if (std::any_of(filters.strip_params.begin(), filters.strip_params.end(), is_of_streams) ||
      any_of_streams(filters.set_params)) {
    return true;
  }
  const auto by_id = filters.set_params_by_id.find(std::string(name));
  return by_id != filters.set_params_by_id.end() && any_of_streams(by_id->second);
}

}  // namespace

UsageWish usage_wish(const PaddedBytes& body, const BodyFacts& facts, std::string_view target,
                     const ModelConfig& model, std::string_view name, const UsageAsking& asking) {
  if (!facts.stream || !has_option(target) || filters_decide(model.filters, name)) {
    return UsageWish::AsSent;
  }
  if (facts.stream_options) {
    const auto [begin, end] = *facts.stream_options;
    // Nobody has so many; what they say shall not hold up the loop.
    if (end - begin > MostOptions || asks_itself(body.view().substr(begin, end - begin))) {
      return UsageWish::AsSent;
    }
  }
  return asking.asks() ? UsageWish::Added : UsageWish::NotAsked;
}

}  // namespace llmsnap::route
