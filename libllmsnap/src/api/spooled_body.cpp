#include "api/spooled_body.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "api/breather.h"

namespace llmsnap::api {
namespace {

constexpr std::size_t ReadPiece = 64 * 1024;

Error storage_error(std::string_view attempt, int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return Error{is_full ? ErrorCode::StorageFull : ErrorCode::System,
               fmt::format("{}: {}", attempt, std::generic_category().message(error))};
}

// Not every file system knows O_TMPFILE.
Result<UniqueFd> open_unnamed_file(const std::string& directory) {
  if (UniqueFd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)); file) {
    return file;
  }
  std::string path = directory + "/llmsnap-XXXXXX";
  UniqueFd file(::mkostemp(path.data(), O_CLOEXEC));
  if (!file) {
    return storage_error("create a temporary file in " + directory, errno);
  }
  if (::unlink(path.c_str()) != 0) {
    return storage_error("unlink the temporary file " + path, errno);
  }
  return file;
}

}  // namespace

Result<std::unique_ptr<SpooledBody>> SpooledBody::read(BodySource& source,
                                                       const SpoolLimits& limits,
                                                       ByteBudget& memory, ByteBudget& files) {
  std::unique_ptr<SpooledBody> body(new SpooledBody(memory, files));
  Breather breather;
  while (true) {
    const auto piece = source.pull();
    if (!piece) {
      return piece.error();
    }
    if (piece->empty()) {
      return body;
    }
    if (const auto kept = body->append(*piece, limits); !kept) {
      return kept.error();
    }
    breather.worked(body->size_);
  }
}

Result<void> SpooledBody::append(std::string_view piece, const SpoolLimits& limits) {
  if (piece.size() > limits.body - size_) {
    return Error{
        ErrorCode::BodyTooLarge,
        fmt::format("the request body is larger than limits.uploadBody ({} bytes)", limits.body)};
  }
  if (!file_ && piece.size() <= limits.in_memory - size_) {
    return keep_in_memory(piece);
  }
  if (!file_) {
    if (auto moved = move_to_file(limits); !moved) {
      return moved;
    }
  }
  return write_to_file(piece);
}

Result<void> SpooledBody::keep_in_memory(std::string_view piece) {
  const auto needed = bytes_.size() + piece.size();
  const auto capacity =
      needed <= bytes_.capacity() ? bytes_.capacity() : std::max(needed, 2 * bytes_.capacity());
  if (auto grown = memory_share_.grow_to(capacity); !grown) {
    return grown;
  }
  bytes_.reserve(capacity);
  bytes_.append(piece);
  size_ += piece.size();
  return {};
}

Result<void> SpooledBody::move_to_file(const SpoolLimits& limits) {
  auto file = open_unnamed_file(limits.directory);
  if (!file) {
    return file.error();
  }
  file_ = std::move(*file);
  std::string kept;
  kept.swap(bytes_);
  size_ = 0;
  auto written = kept.empty() ? Result<void>() : write_to_file(kept);
  memory_share_.shrink_to(0);
  return written;
}

Result<void> SpooledBody::write_to_file(std::string_view piece) {
  if (auto grown = file_share_.grow_to(size_ + piece.size()); !grown) {
    return grown;
  }
  while (!piece.empty()) {
    const auto written = ::write(file_.get(), piece.data(), piece.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return storage_error("write a request body to a temporary file", written < 0 ? errno : EIO);
    }
    piece.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<std::string_view> SpooledBody::pull() {
  if (position_ == size_) {
    return std::string_view();
  }
  if (!file_) {
    position_ = size_;
    return std::string_view(bytes_);
  }
  bytes_.resize(ReadPiece);
  const auto wanted = std::min<std::uint64_t>(ReadPiece, size_ - position_);
  ssize_t got = 0;
  do {
    got = ::pread(file_.get(), bytes_.data(), wanted, static_cast<off_t>(position_));
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    return storage_error("read a request body from its temporary file", got < 0 ? errno : EIO);
  }
  position_ += static_cast<std::uint64_t>(got);
  return std::string_view(bytes_).substr(0, static_cast<std::size_t>(got));
}

bool SpooledBody::rewind() {
  position_ = 0;
  return true;
}

}  // namespace llmsnap::api
