// The files that a config is read from, and how they become one tree.
// Thread rule: used by the thread that loads; blocks on the file system.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "config/diagnostics.h"
#include "config/yaml_tree.h"
#include "llmsnap/config.h"

namespace llmsnap {

struct SourceText {
  std::string name;  ///< for messages
  std::string text;
};

/// The texts of config_files. Errors: as there, and a file that cannot be read, or not any more.
Result<std::vector<SourceText>> read_sources(const ConfigSources& sources,
                                             const std::stop_token& stop);

/// Substitutes `${env.X}` and parses each, and merges them: mappings by key, lists one behind the
/// other; a value in two of them must be the same (a `~` is one; where nothing stands is none).
/// What has a name of its own (a model, a group, a peer, ...) stands in one of them only. Lines are
/// counted through all of them, as `diagnostics` is told.
Result<YamlNode> merged_tree(const std::vector<SourceText>& sources, Diagnostics& diagnostics);

}  // namespace llmsnap
