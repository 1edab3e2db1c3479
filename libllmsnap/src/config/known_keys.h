// KnownKeys: what the loader's tables of keys say, for what must agree with them (the schema).
// Thread rule: plain values.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace llmsnap {

/// Places are written as in `models.*.sleepEndpoints[]`; that of the root is empty.
struct KnownKeys {
  std::map<std::string, std::vector<std::string_view>> of_section;
};

/// Of the sections that the text has, whatever is wrong with their values.
KnownKeys known_keys_of(std::string_view text);

}  // namespace llmsnap
