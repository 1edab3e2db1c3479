#include "config_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

namespace llmsnapd {
namespace {

namespace fs = std::filesystem;

/// Writers touch a file more than once.
constexpr std::chrono::milliseconds Rest{100};
/// A folder whose other files are written all the time never rests.
constexpr std::chrono::seconds MostUnrest{1};
/// Where nobody tells of news: a network's file system, no watches left, a folder that is gone.
constexpr std::chrono::seconds LookInterval{2};

constexpr std::uint32_t News = IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                               IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;

/// None where there is no saying now.
std::vector<fs::path> files_of(const llmsnap::ConfigSources& sources) {
  const auto files = llmsnap::config_files(sources);
  return files ? std::vector<fs::path>(files->begin(), files->end()) : std::vector<fs::path>();
}

/// What is larger is no config: the loader says so.
constexpr std::uintmax_t MostLookedAt = 16 * 1024 * 1024;

/// Nothing where a file is missing, or is none (a pipe would be waited for), or a folder is empty:
/// what is being replaced is not looked at.
std::optional<std::uint64_t> text_of(const llmsnap::ConfigSources& sources) {
  std::string all;
  const std::vector<fs::path> files = files_of(sources);
  for (const fs::path& file : files) {
    std::error_code error;
    const bool is_file = fs::is_regular_file(file, error);
    const std::uintmax_t size = is_file ? fs::file_size(file, error) : 0;
    std::ifstream in;
    if (is_file && !error) {
      in.open(file, std::ios::binary);
    }
    if (!in.is_open()) {
      return std::nullopt;
    }
    all += file.string() + '\0' + std::to_string(size) + '\0';
    if (size <= MostLookedAt) {
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    all += '\0';
  }
  const std::size_t fewest = (sources.file.empty() ? 0U : 1U) + (sources.folder.empty() ? 0U : 1U);
  return files.size() >= fewest ? std::optional(std::hash<std::string>()(all)) : std::nullopt;
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

}  // namespace

ConfigWatch::ConfigWatch(llmsnap::ConfigSources sources)
    : sources_(std::move(sources)), descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  follow();
  seen_ = text_of(sources_);
  if (!follows_all_) {
    due_ = Clock::now() + LookInterval;
  }
}

ConfigWatch::~ConfigWatch() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

/// The folders tell of files that are put in a file's place, also behind links; the files tell of
/// what is written into them where they are mounted one by one.
void ConfigWatch::follow() {
  follows_all_ = descriptor_ >= 0;
  const auto watch = [this](const fs::path& path) {
    if (descriptor_ >= 0 && ::inotify_add_watch(descriptor_, path.c_str(), News) < 0) {
      follows_all_ = false;
    }
  };
  if (!sources_.folder.empty()) {
    watch(sources_.folder);
  }
  for (const fs::path& file : files_of(sources_)) {
    std::error_code error;
    const fs::path target = fs::canonical(file, error);
    watch(folder_of(file));
    watch(file);
    if (!error) {
      watch(folder_of(target));
    }
  }
}

bool ConfigWatch::take_news() {
  if (descriptor_ < 0) {
    return false;
  }
  bool is_any = false;
  alignas(inotify_event) std::array<char, 4096> buffer;
  while (::read(descriptor_, buffer.data(), buffer.size()) > 0) {
    is_any = true;
  }
  return is_any;
}

bool ConfigWatch::changed(Clock::time_point now) {
  if (take_news()) {
    news_since_ = news_since_.value_or(now);
    due_ = std::min(now + Rest, *news_since_ + MostUnrest);
  }
  if (!due_ || now < *due_) {
    return false;
  }
  news_since_.reset();
  follow();
  take_news();  // of our own look
  due_ = follows_all_ ? std::nullopt : std::optional(now + LookInterval);
  const auto text = text_of(sources_);
  if (!text || text == seen_) {
    return false;
  }
  seen_ = text;
  return true;
}

}  // namespace llmsnapd
