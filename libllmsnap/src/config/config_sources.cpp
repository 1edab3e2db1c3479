#include "config/config_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "base/escape.h"
#include "config/config_file.h"
#include "config/env_substitution.h"
#include "config/text_encoding.h"
#include "config/yaml_scalar.h"

namespace llmsnap {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 8> NamedChildren{"models",
                                                        "groups",
                                                        "profiles",
                                                        "selectors",
                                                        "peers",
                                                        "matrix",
                                                        "routing.router.settings.groups",
                                                        "routing.router.settings.matrix"};

Error config_error(std::string message) {
  return {ErrorCode::InvalidConfig, std::move(message)};
}

Result<std::vector<std::string>> files_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string extension = entry->path().extension().string();
    std::error_code no_matter;
    if ((extension == ".yml" || extension == ".yaml") && !entry->is_directory(no_matter)) {
      files.push_back(entry->path().string());
    }
  }
  if (error) {
    return config_error(
        fmt::format("cannot read config folder {}: {}", escaped(folder), error.message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The recursion is bounded by MaxYamlDepth.
void count_lines_from(YamlNode& node, int lines_before) {
  node.line += lines_before;
  for (YamlNode& item : node.items) {
    count_lines_from(item, lines_before);
  }
  for (YamlMember& member : node.members) {
    member.line += lines_before;
    count_lines_from(member.value, lines_before);
  }
}

/// `decoded` becomes the text whose lines count, also where it is no YAML.
Result<YamlNode> tree_of(const SourceText& source, int lines_before, Diagnostics& diagnostics,
                         std::string& decoded) {
  if (source.text.size() > MaxConfigFileSize) {
    return diagnostics.error(lines_before + 1, "",
                             fmt::format("longer than {} bytes", MaxConfigFileSize));
  }
  DecodedText utf8 = utf8_text(source.text);
  decoded = std::move(utf8.text);
  if (utf8.fault_line != 0) {
    return diagnostics.error(lines_before + utf8.fault_line, "", utf8.fault);
  }
  Diagnostics its_own(source.name, Warnings::Told);
  const auto text = substitute_env(decoded, its_own, process_env);
  if (!text) {
    for (std::string& other : its_own.errors()) {
      diagnostics.add({ErrorCode::InvalidConfig, std::move(other)});
    }
    return text.error();
  }
  auto document = parse_yaml(*text, escaped(source.name));
  if (!document) {
    return document.error();
  }
  if (document->second_document != 0) {
    diagnostics.warn(lines_before + document->second_document, "",
                     "a second YAML document begins here and is not read: a config is one document "
                     "(take out the line `---` before it)");
  }
  count_lines_from(document->root, lines_before);
  return std::move(document->root);
}

/// Nothing at all; a `~` that the file has is a value.
bool is_absent(const YamlNode& node) {
  return node.kind == YamlNode::Kind::Null && node.text.empty();
}

bool is_collection(const YamlNode& node) {
  return node.kind == YamlNode::Kind::Mapping || node.kind == YamlNode::Kind::Sequence;
}

bool same_value(const YamlNode& a, const YamlNode& b) {
  return a.kind == b.kind && a.text == b.text && scalar_value(a).index() == scalar_value(b).index();
}

class Merge {
 public:
  explicit Merge(Diagnostics& diagnostics) : diagnostics_(diagnostics), done_(diagnostics) {}

  /// Adds `from`, which is at `path`, to `into`. The recursion is bounded by MaxYamlDepth.
  void add(YamlNode& into, YamlNode&& from, const std::string& path) {
    if (is_absent(from)) {
      return;
    }
    if (is_absent(into)) {
      into = std::move(from);
    } else if (into.kind != from.kind && (is_collection(into) || is_collection(from))) {
      fail(from.line, path,
           fmt::format("incompatible YAML node kinds: {} has another kind of value",
                       diagnostics_.place(into.line)));
    } else if (into.kind == YamlNode::Kind::Mapping) {
      add_members(into, std::move(from), path);
    } else if (into.kind == YamlNode::Kind::Sequence) {
      std::move(from.items.begin(), from.items.end(), std::back_inserter(into.items));
    } else if (!same_value(into, from)) {
      fail(from.line, path,
           fmt::format("conflict at \"{}\": {} has another value", escaped(path),
                       diagnostics_.place(into.line)));
    }
  }

  Result<void> result() { return done_.result(); }

 private:
  void add_members(YamlNode& into, YamlNode&& from, const std::string& path) {
    const bool are_named =
        std::find(NamedChildren.begin(), NamedChildren.end(), path) != NamedChildren.end();
    into.members.reserve(into.members.size() + from.members.size());  // the keys stay in place
    std::unordered_map<std::string_view, YamlNode*> there;
    for (YamlMember& member : into.members) {
      there.emplace(member.key, &member.value);
    }
    for (YamlMember& member : from.members) {
      const auto same = there.find(member.key);
      const std::string its_path = path.empty() ? member.key : path + "." + member.key;
      if (same == there.end()) {
        into.members.push_back(std::move(member));
      } else if (are_named) {
        fail(member.line, its_path,
             fmt::format("duplicate {} \"{}\", first in {}", path, escaped(member.key),
                         diagnostics_.place(same->second->line)));
      } else {
        add(*same->second, std::move(member.value), its_path);
      }
    }
  }

  void fail(int line, const std::string& path, const std::string& what) {
    done_.add(diagnostics_.error(line, path, what));
  }

  Diagnostics& diagnostics_;
  AllDone done_;
};

}  // namespace

Result<std::vector<std::string>> config_files(const ConfigSources& sources) {
  if (sources.file.empty() && sources.folder.empty()) {
    return config_error("at least one of -config or -config-dir must name where the config is");
  }
  std::vector<std::string> paths;
  if (!sources.folder.empty()) {
    auto files = files_in(sources.folder);
    if (!files) {
      return files.error();
    }
    paths = std::move(*files);
  }
  if (!sources.file.empty()) {
    for (const std::string& path : paths) {
      std::error_code no_matter;
      if (fs::equivalent(path, sources.file, no_matter)) {
        return config_error(
            fmt::format("config {} is also present in -config-dir", escaped(sources.file)));
      }
    }
    paths.insert(paths.begin(), sources.file);
  }
  if (paths.empty()) {
    return config_error(fmt::format("no configuration sources found: {} has no .yml or .yaml file",
                                    escaped(sources.folder)));
  }
  return paths;
}

Result<std::vector<SourceText>> read_sources(const ConfigSources& sources,
                                             const std::stop_token& stop) {
  const auto paths = config_files(sources);
  if (!paths) {
    return paths.error();
  }
  std::vector<SourceText> texts;
  for (const std::string& path : *paths) {
    auto text = read_config_file(path, stop);
    if (!text) {
      return text.error();
    }
    texts.push_back({path, std::move(*text)});
  }
  return texts;
}

Result<YamlNode> merged_tree(const std::vector<SourceText>& sources, Diagnostics& diagnostics) {
  YamlNode root;
  Merge merge(diagnostics);
  int lines_before = 0;
  AllDone done(diagnostics);
  for (const SourceText& source : sources) {
    diagnostics.add_file(source.name, lines_before);
    std::string decoded;
    auto tree = tree_of(source, lines_before, diagnostics, decoded);
    const bool is_part = sources.size() > 1;
    if (!tree) {
      done.add(tree.error());
    } else if (is_part && tree->kind != YamlNode::Kind::Mapping && !is_absent(*tree)) {
      done.add(diagnostics.error(tree->line, "", "expected a mapping"));
    } else {
      merge.add(root, std::move(*tree), "");
    }
    lines_before += 1 + static_cast<int>(std::count(decoded.begin(), decoded.end(), '\n'));
  }
  done.add(merge.result());
  if (auto result = done.result(); !result) {
    return result.error();
  }
  return root;
}

}  // namespace llmsnap
