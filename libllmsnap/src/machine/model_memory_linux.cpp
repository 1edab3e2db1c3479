#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "machine/model_memory.h"
#include "machine/proc_texts.h"
#include "machine/words.h"

namespace llmsnap::machine {

std::vector<pid_t> process_tree(pid_t root, const SystemFiles& files) {
  constexpr std::size_t Most = 10'000;
  std::vector<pid_t> tree{root};
  std::set<pid_t> known{root};
  // The tree grows while it is walked.
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const std::string tasks = fmt::format("/proc/{}/task", tree[i]);
    for (const std::string& task : files.names_in(tasks)) {
      const std::string text = files.line(fmt::format("{}/{}/children", tasks, task));
      std::string_view rest = text;
      for (auto word = take_word(rest); !word.empty(); word = take_word(rest)) {
        const auto child = number_in<pid_t>(word);
        if (child && tree.size() < Most && known.insert(*child).second) {
          tree.push_back(*child);
        }
      }
    }
  }
  return tree;
}

std::vector<ModelMemory> ModelMemoryReader::read(const std::vector<ModelProcess>& processes,
                                                 SteadyClock::time_point now) {
  if (now >= next_at_) {
    const auto began = SteadyClock::now();
    last_ = read_anew(processes);
    constexpr int Rest = 100;
    next_at_ = now + (SteadyClock::now() - began) * Rest;
    return last_;
  }
  std::vector<ModelMemory> still;
  std::copy_if(last_.begin(), last_.end(), std::back_inserter(still), [&](const auto& memory) {
    return std::any_of(processes.begin(), processes.end(),
                       [&memory](const auto& one) { return one.model == memory.model; });
  });
  return still;
}

std::vector<ModelMemory> ModelMemoryReader::read_anew(
    const std::vector<ModelProcess>& processes) const {
  std::map<std::string, std::uint64_t> sums;
  for (const ModelProcess& process : processes) {
    for (const pid_t pid : process_tree(process.pid, files_)) {
      const auto text = files_.read(fmt::format("/proc/{}/smaps_rollup", pid));
      if (const auto bytes = text ? proportional_bytes(*text) : std::nullopt) {
        sums[process.model] += *bytes;
      }
    }
  }
  std::vector<ModelMemory> memories;
  for (auto& [model, bytes] : sums) {
    memories.push_back({model, bytes});
  }
  return memories;
}

}  // namespace llmsnap::machine
