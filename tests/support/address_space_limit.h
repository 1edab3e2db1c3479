// AddressSpaceLimit: for as long as it lives, this process gets hardly any more address space.
// Thread rule: one at a time; not under sanitizers, which need more than they say.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <stdexcept>

namespace llmsnap::test {

class AddressSpaceLimit {
 public:
  /// `spare`: bytes that may still be had.
  explicit AddressSpaceLimit(std::size_t spare) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    ::getrlimit(RLIMIT_AS, &before_);
    const auto page_size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const rlimit limit{pages * page_size + spare, before_.rlim_max};
    if (pages == 0 || ::setrlimit(RLIMIT_AS, &limit) != 0) {
      throw std::runtime_error("cannot limit the address space");
    }
  }
  ~AddressSpaceLimit() { ::setrlimit(RLIMIT_AS, &before_); }
  AddressSpaceLimit(const AddressSpaceLimit&) = delete;
  AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace llmsnap::test
