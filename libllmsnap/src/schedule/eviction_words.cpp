#include <fmt/format.h>

#include "schedule/eviction_policy.h"

namespace llmsnap::schedule {

std::string in_words(const Eviction& eviction) {
  switch (eviction.cause) {
    case Cause::OneAtATime:
      return fmt::format("group {} runs one at a time", eviction.part);
    case Cause::Exclusive:
      return fmt::format("group {} is exclusive", eviction.part);
    case Cause::NoSet:
      return "no set of the matrix has both";
    case Cause::OtherSet:
      return fmt::format("the matrix's set {} has it not, at cost {}", eviction.part,
                         eviction.number);
    case Cause::Succession:
      return "which takes its place";
    case Cause::Limit:
      return fmt::format("least recently used of {}", eviction.number);
  }
  return {};
}

}  // namespace llmsnap::schedule
