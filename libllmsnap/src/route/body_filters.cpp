#include "route/body_filters.h"

#include <algorithm>
#include <utility>

#include "route/body_edits.h"
#include "route/json_string.h"
#include "route/usage_option.h"

namespace llmsnap::route {
namespace {

/// Also `model.x` and `mod\el`: setting within a string would replace it.
bool names_model(std::string_view path) {
  return path_components(path).front() == "model";
}

std::string path_of(std::string_view key) {
  std::string path;
  for (const char c : key) {
    if (c == '.' || c == '\\') {
      path.push_back('\\');
    }
    path.push_back(c);
  }
  return path;
}

void add_sets(const std::vector<SetParam>& params, std::vector<BodyEdit>& edits) {
  for (const SetParam& param : params) {
    if (!names_model(param.path)) {
      edits.push_back({param.path, param.json, param.if_absent});
    }
  }
}

std::vector<BodyEdit> edits_of(const BodyFacts& facts, const BodyChanges& changes) {
  std::vector<BodyEdit> edits;
  if (changes.add_usage_option && facts.stream_options) {
    edits.push_back({std::string(UsageOptionPath), "true"});
  }
  for (const std::string_view key : changes.taken) {
    if (key != "model") {
      edits.push_back({path_of(key), std::nullopt});
    }
  }
  if (changes.filters == nullptr) {
    return edits;
  }
  for (const std::string& path : changes.filters->strip_params) {
    if (!names_model(path)) {
      edits.push_back({path, std::nullopt});
    }
  }
  add_sets(changes.filters->set_params, edits);
  const auto& by_id = changes.filters->set_params_by_id;
  if (const auto found = by_id.find(std::string(changes.requested_model)); found != by_id.end()) {
    add_sets(found->second, edits);
  }
  return edits;
}

}  // namespace

Result<std::vector<Replacement>> filter_body(const PaddedBytes& body, const BodyFacts& facts,
                                             const BodyChanges& changes,
                                             const YieldFunction& yield) {
  Result<std::vector<Replacement>> edited =
      edit_body(body, facts.begin, edits_of(facts, changes), yield);
  if (!edited) {
    return edited.error();
  }
  std::vector<Replacement> replacements = std::move(*edited);
  // No edit touches the value of `model`, so its replacement can be put in where it belongs.
  if (!changes.new_model.empty() && facts.model) {
    const auto behind =
        std::find_if(replacements.begin(), replacements.end(),
                     [&facts](const Replacement& other) { return other.begin >= facts.model_end; });
    replacements.insert(behind,
                        {facts.model_begin, facts.model_end, json_string(changes.new_model)});
  }
  if (changes.add_usage_option && !facts.stream_options) {
    // As the first member, since the body need not be walked over for that. It is not the only one:
    // `model` stays.
    const std::size_t first = body.view().find('{', facts.begin) + 1;
    replacements.insert(replacements.begin(),
                        {first, first, R"("stream_options":{"include_usage":true},)"});
  }
  if (facts.begin > 0) {
    replacements.insert(replacements.begin(), {0, facts.begin, {}});
  }
  return replacements;
}

}  // namespace llmsnap::route
