// SplicedBody: a body in memory, sent as it is or with ranges of its bytes replaced, without a
// copy. Thread rule: used by one fiber at a time; the bytes it was made from must outlive it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/body_source.h"
#include "route/replacement.h"

namespace llmsnap::route {

class SplicedBody final : public BodySource {
 public:
  explicit SplicedBody(std::string_view bytes, std::vector<Replacement> replacements = {});

  SplicedBody(const SplicedBody&) = delete;
  SplicedBody& operator=(const SplicedBody&) = delete;

  Result<std::string_view> pull() override;
  bool ready() const override { return true; }
  std::optional<std::uint64_t> length() const override;
  bool rewind() override;

 private:
  std::size_t pieces() const { return 2 * replacements_.size() + 1; }
  std::string_view piece(std::size_t index) const;

  const std::string_view bytes_;
  const std::vector<Replacement> replacements_;
  std::size_t next_ = 0;
};

}  // namespace llmsnap::route
