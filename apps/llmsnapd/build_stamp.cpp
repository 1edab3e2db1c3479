#include "build_stamp.h"

#include <fmt/format.h>

#include "build_commit.h"

namespace llmsnapd {

llmsnap::BuildVersion build_stamp() {
  return {LLMSNAP_VERSION, LLMSNAP_COMMIT, LLMSNAP_BUILD_DATE};
}

std::string build_line() {
  const llmsnap::BuildVersion build = build_stamp();
  return fmt::format("llmsnapd {} (commit {}, {})\n", build.version, build.commit,
                     build.build_date);
}

}  // namespace llmsnapd
