#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <memory>
#include <string_view>

#include "base/file_text.h"
#include "process/proc_files.h"

namespace llmsnap::process {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// The next word of `text`, as a number; 0 if it is none.
template <typename Number>
Number take_number(std::string_view& text) {
  Number number = 0;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(std::min(text.find(' '), text.size()));
  return number;
}

void skip_words(std::string_view& text, int count) {
  for (int i = 0; i < count; ++i) {
    take_number<std::int64_t>(text);
  }
}

}  // namespace

std::optional<ProcessStat> process_stat(pid_t pid) {
  const auto text = file_text(fmt::format("/proc/{}/stat", pid));
  if (!text) {
    return std::nullopt;
  }
  // The command may hold anything, parentheses and blanks too.
  const std::size_t open = text->find('(');
  const std::size_t close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 3 > text->size()) {
    return std::nullopt;
  }
  ProcessStat stat;
  stat.command = text->substr(open + 1, close - open - 1);
  stat.state = (*text)[close + 2];
  std::string_view rest = std::string_view(*text).substr(close + 3);
  stat.parent = take_number<pid_t>(rest);
  stat.group = take_number<pid_t>(rest);
  constexpr int BetweenGroupAndStart = 16;
  skip_words(rest, BetweenGroupAndStart);
  stat.start = take_number<std::uint64_t>(rest);
  const auto memory = take_number<std::uint64_t>(rest);
  constexpr int BetweenMemoryAndEnvironment = 27;
  skip_words(rest, BetweenMemoryAndEnvironment);
  const auto environment_end = take_number<std::uint64_t>(rest);
  if (memory > 0) {
    stat.program =
        environment_end == 0 ? ProcessStat::Program::Changing : ProcessStat::Program::Running;
  }
  return stat;
}

std::vector<int> numbers_in(const std::string& folder) {
  std::vector<int> numbers;
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
  if (!open) {
    return numbers;
  }
  while (const dirent* const entry = ::readdir(open.get())) {
    const std::string_view name = entry->d_name;
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

bool group_lives(pid_t group) {
  if (::kill(-group, 0) != 0 && errno == ESRCH) {
    return false;  // nearly always: without looking at every process
  }
  const std::vector<int> pids = numbers_in("/proc");
  return std::any_of(pids.begin(), pids.end(), [group](int pid) {
    const auto stat = process_stat(pid);
    return stat && stat->group == group && stat->alive();
  });
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  const std::string tasks = fmt::format("/proc/{}/task", pid);
  for (const int task : numbers_in(tasks)) {
    const auto text = file_text(fmt::format("{}/{}/children", tasks, task));
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    while (const pid_t child = take_number<pid_t>(rest)) {
      children.push_back(child);
    }
  }
  return children;
}

}  // namespace llmsnap::process
