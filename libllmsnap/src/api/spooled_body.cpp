#include "api/spooled_body.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <span>
#include <system_error>
#include <utility>

#include "api/breather.h"

namespace llmsnap::api {
namespace {

/// What goes to or comes from the file at once: a change of threads costs tens of microseconds.
constexpr std::size_t FilePiece = 128 * 1024;

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

Result<void> write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return storage_error("write a request body to a temporary file", written < 0 ? errno : EIO);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::size_t> read_at(int file, std::span<char> into, std::uint64_t position) {
  ssize_t got = 0;
  do {
    got = ::pread(file, into.data(), into.size(), static_cast<off_t>(position));
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    return storage_error("read a request body from its temporary file", got < 0 ? errno : EIO);
  }
  return static_cast<std::size_t>(got);
}

/// What `job` gives, on the disk's thread: nothing may be thrown there, not even for want of
/// memory.
template <typename Job>
auto on_disk(io::BlockingWork& disk, const Job& job) -> decltype(job()) {
  decltype(job()) result = Error{ErrorCode::Unavailable, "no memory is left for the request body"};
  disk.run([&result, &job] {
    try {
      result = job();
    } catch (const std::bad_alloc&) {
      // The result says so already: its words need memory too.
    }
  });
  return result;
}

}  // namespace

SpooledBody::~SpooledBody() {
  if (!file_) {
    return;
  }
  try {
    // Gigabytes of a file without a name are freed by its close, which takes its time.
    disk_.send([file = std::move(file_), share = std::move(file_share_)]() mutable {
      file.reset();
      share.shrink_to(0);
    });
  } catch (const std::bad_alloc&) {
    // The lambda has closed the file, here.
  }
}

Result<std::unique_ptr<SpooledBody>> SpooledBody::read(BodySource& source,
                                                       const SpoolLimits& limits,
                                                       ByteBudget& memory, ByteBudget& files,
                                                       io::BlockingWork& disk) {
  std::unique_ptr<SpooledBody> body(new SpooledBody(memory, files, disk));
  Breather breather;
  while (true) {
    const auto piece = source.pull();
    if (!piece) {
      return piece.error();
    }
    if (piece->empty()) {
      if (const auto kept = body->write_collected(); !kept) {
        return kept.error();
      }
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
  return collect_for_file(piece);
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
  auto file = on_disk(disk_, [&limits] { return open_unnamed_file(limits.directory); });
  if (!file) {
    return file.error();
  }
  file_ = std::move(*file);
  if (auto grown = file_share_.grow_to(size_); !grown) {
    return grown;
  }
  if (auto written = write_collected(); !written) {
    return written;
  }
  bytes_ = std::string();
  memory_share_.move_out();
  return {};
}

Result<void> SpooledBody::collect_for_file(std::string_view piece) {
  if (auto grown = file_share_.grow_to(size_ + piece.size()); !grown) {
    return grown;
  }
  bytes_.append(piece);
  size_ += piece.size();
  return bytes_.size() < FilePiece ? Result<void>() : write_collected();
}

/// Nothing to do for a body in memory.
Result<void> SpooledBody::write_collected() {
  if (!file_ || bytes_.empty()) {
    return {};
  }
  auto written = on_disk(disk_, [this] { return write_all(file_.get(), bytes_); });
  bytes_.clear();
  return written;
}

Result<std::string_view> SpooledBody::pull() {
  if (position_ == size_) {
    return std::string_view();
  }
  if (!file_) {
    position_ = size_;
    return std::string_view(bytes_);
  }
  bytes_.resize(std::min<std::uint64_t>(FilePiece, size_ - position_));
  const auto got = on_disk(disk_, [this] { return read_at(file_.get(), bytes_, position_); });
  if (!got) {
    return got.error();
  }
  position_ += *got;
  return std::string_view(bytes_).substr(0, *got);
}

bool SpooledBody::rewind() {
  position_ = 0;
  return true;
}

}  // namespace llmsnap::api
