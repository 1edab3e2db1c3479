#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/file_text.h"
#include "machine/system_files.h"
#include "machine/words.h"

namespace llmsnap::machine {
namespace {

constexpr std::size_t MostBytes = 4U << 20;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

struct FreeMemory {
  void operator()(char* text) const { std::free(text); }  // NOLINT: realpath's
};

}  // namespace

std::string SystemFiles::full(std::string_view path) const {
  return root_ + std::string(path);
}

std::optional<std::string> SystemFiles::read(std::string_view path) const {
  return file_text(full(path), MostBytes);
}

std::string SystemFiles::line(std::string_view path) const {
  const auto text = read(path);
  return text ? std::string(trimmed(*text)) : std::string();
}

template <typename Number>
std::optional<Number> SystemFiles::number(std::string_view path) const {
  const auto text = read(path);
  return text ? number_in<Number>(*text) : std::nullopt;
}
template std::optional<double> SystemFiles::number(std::string_view path) const;
template std::optional<std::uint64_t> SystemFiles::number(std::string_view path) const;

bool SystemFiles::exists(std::string_view path) const {
  return ::access(full(path).c_str(), F_OK) == 0;
}

std::vector<std::string> SystemFiles::names_in(std::string_view folder) const {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(full(folder).c_str()));
  if (!open) {
    return names;
  }
  while (const dirent* const entry = ::readdir(open.get())) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with('.')) {
      names.emplace_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string SystemFiles::link_name(std::string_view path) const {
  const std::unique_ptr<char, FreeMemory> target(::realpath(full(path).c_str(), nullptr));
  const std::string_view text = target ? target.get() : "";
  return std::string(text.substr(std::min(text.rfind('/') + 1, text.size())));
}

}  // namespace llmsnap::machine
