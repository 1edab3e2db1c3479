// SpooledBody: a whole request body of any kind, read before the request goes on: in memory while
// it is small, else in a temporary file without a name. Thread rule: belongs to the request's
// fiber.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "api/byte_budget.h"
#include "base/body_source.h"
#include "base/unique_fd.h"
#include "io/blocking_work.h"

namespace llmsnap::api {

struct SpoolLimits {
  std::uint64_t in_memory = 1ULL << 20;  ///< from the next byte on it is a file
  std::uint64_t body = 0;                ///< limits.uploadBody
  std::string directory = {};            ///< spoolDir
};

/// Byte-exact, of known length, and can be read again from its start.
class SpooledBody final : public BodySource {
 public:
  /// Pulls `source` to its end. Errors: BodyTooLarge (also for a whole budget), Unavailable (a
  /// budget is used up, or the memory), StorageFull, System, or what the pull gave. `disk`, which
  /// does all that touches the file, must outlive the body, and the budgets must outlive `disk`: a
  /// file's share is given back when its close there has freed the space.
  static Result<std::unique_ptr<SpooledBody>> read(BodySource& source, const SpoolLimits& limits,
                                                   ByteBudget& memory, ByteBudget& files,
                                                   io::BlockingWork& disk);
  ~SpooledBody() override;
  SpooledBody(const SpooledBody&) = delete;
  SpooledBody& operator=(const SpooledBody&) = delete;

  Result<std::string_view> pull() override;
  bool ready() const override { return true; }
  std::optional<std::uint64_t> length() const override { return size_; }
  bool rewind() override;

  bool in_file() const { return static_cast<bool>(file_); }

 private:
  SpooledBody(ByteBudget& memory, ByteBudget& files, io::BlockingWork& disk)
      : disk_(disk), memory_share_(memory), file_share_(files) {}
  Result<void> append(std::string_view piece, const SpoolLimits& limits);
  Result<void> keep_in_memory(std::string_view piece);
  Result<void> move_to_file(const SpoolLimits& limits);
  Result<void> collect_for_file(std::string_view piece);
  Result<void> write_collected();

  io::BlockingWork& disk_;
  ByteBudget::Share memory_share_;
  ByteBudget::Share file_share_;
  std::string bytes_;  // the whole body; with a file: what is not written yet, or was read last
  UniqueFd file_;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace llmsnap::api
