#include "store/activity_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "base/thread_name.h"
#include "base/wanted_work.h"
#include "log/log.h"

namespace llmsnap::store {
namespace {

constexpr std::size_t BatchRows = 512;
constexpr std::chrono::seconds OpeningTime{5};
constexpr std::chrono::minutes PruneInterval{1};
constexpr std::chrono::minutes IdleCheck{1};

std::uint64_t id_of_now() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

ActivityWriter::ActivityWriter(StoreOptions options, Log& log)
    : options_(std::move(options)),
      opened_by_(SteadyClock::now() + OpeningTime),
      log_(log),
      dropped_warning_(log, "rows of the activity dropped, their store does not keep up",
                       std::chrono::minutes(1)),
      retention_(options_.retention),
      thread_([this] { loop(); }) {}

ActivityWriter::~ActivityWriter() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  ends_ = true;
  changed_.notify_one();
  thread_.join();
  dropped_warning_.tell_rest();
}

bool ActivityWriter::add(const std::shared_ptr<ActivityRow>& row) {
  wait_for_file();
  bool is_taken = true;
  bool fills_batch = false;
  {
    const MutexLock lock(mutex_);
    if (next_id_ == 0) {
      // What ids the file has nobody can know. None is that great.
      next_id_ = id_of_now();
    }
    row->id = next_id_++;
    is_taken = waits_for_readers()
                   ? waiting_.add(row, retention_.rows, RowQueue::Full::ForgetOldest)
                   : waiting_.add(row, options_.most_waiting, when_full());
    fills_batch =
        is_taken && !waits_for_readers() && (waiting_.size() == 1 || waiting_.size() == BatchRows);
  }
  if (fills_batch) {
    changed_.notify_one();
  }
  if (!is_taken) {
    dropped_warning_.happened(1);
  }
  return is_taken;
}

/// While the file cannot be written, the latest ones can be looked at.
RowQueue::Full ActivityWriter::when_full() const {
  return fault_ ? RowQueue::Full::DropOldest : RowQueue::Full::DropNew;
}

bool ActivityWriter::wait_for_file() const {
  const MutexLock lock(mutex_);
  while (!was_tried_ && SteadyClock::now() < opened_by_) {
    settled_.wait_until(mutex_, opened_by_);
  }
  return was_tried_;
}

std::vector<KeptRow> ActivityWriter::unwritten() const {
  const MutexLock lock(mutex_);
  std::vector<KeptRow> rows = writing_;
  rows.insert(rows.end(), waiting_.rows().begin(), waiting_.rows().end());
  return rows;
}

void ActivityWriter::read_memory(const std::function<void(Connection&)>& job) {
  const MutexLock lock(file_mutex_);
  work(Which::All);  // what waits is among the rows
  if (table_) {
    job(table_->connection());
  }
}

void ActivityWriter::keep(Retention retention) {
  {
    const MutexLock lock(mutex_);
    retention_ = retention;
    next_prune_ = SteadyClock::now();
  }
  changed_.notify_one();
}

std::optional<std::string> ActivityWriter::fault() const {
  const MutexLock lock(mutex_);
  return fault_;
}

DroppedRows ActivityWriter::dropped() const {
  const MutexLock lock(mutex_);
  return waiting_.dropped();
}

bool ActivityWriter::flush_for_test(Deadline deadline) {
  {
    const MutexLock lock(mutex_);
    hurries_ = true;
  }
  changed_.notify_one();
  const MutexLock lock(mutex_);
  while ((!waiting_.empty() || !writing_.empty()) && SteadyClock::now() < deadline) {
    settled_.wait_until(mutex_, deadline);
  }
  hurries_ = false;
  return waiting_.empty() && writing_.empty();
}

void ActivityWriter::loop() {
  name_this_thread("llmsnap-store");
  bool stopping = false;
  while (!stopping) {
    {
      const MutexLock lock(file_mutex_);
      work(Which::Due);
    }
    dropped_warning_.happened(0);
    wait_for_work();
    const MutexLock lock(mutex_);
    stopping = stopping_;
  }
  const MutexLock lock(file_mutex_);
  work(Which::All);
  table_.reset();
  drop_rest();
}

/// When the thread has something to do; long ago: now.
SteadyClock::time_point ActivityWriter::next_work() const {
  const auto idle_until = SteadyClock::now() + IdleCheck;
  if (fault_) {
    return std::min(idle_until, next_try_);
  }
  if (waiting_.empty()) {
    return std::min(idle_until, next_prune_);
  }
  return std::min({idle_until, next_prune_, batch_due()});
}

/// Whether rows become a table when somebody looks at them, and not before: in memory, where so few
/// are kept that it is done in a moment. Most of them nobody ever sees.
bool ActivityWriter::waits_for_readers() const {
  return is_in_memory() && retention_.rows > 0 && retention_.rows <= options_.most_waiting;
}

/// When what waits is to be written.
SteadyClock::time_point ActivityWriter::batch_due() const {
  if (waits_for_readers() && !hurries_) {
    return SteadyClock::time_point::max();
  }
  if (hurries_ || waiting_.size() >= BatchRows) {
    return SteadyClock::time_point::min();
  }
  return waiting_.since() + options_.gather;
}

void ActivityWriter::wait_for_work() {
  const auto told_at = dropped_warning_.due().value_or(SteadyClock::time_point::max());
  const MutexLock lock(mutex_);
  while (!stopping_) {
    const auto next = std::min(next_work(), told_at);
    if (next <= SteadyClock::now()) {
      return;
    }
    changed_.wait_until(mutex_, next);
  }
}

bool ActivityWriter::may_try() const {
  const MutexLock lock(mutex_);
  return !fault_ || stopping_ || SteadyClock::now() >= next_try_;
}

/// Opens the file if need be, and writes what waits.
void ActivityWriter::work(Which which) {
  if (!may_try()) {
    return;
  }
  auto done = ensure_table();
  if (done) {
    done = write(which);
  }
  if (done) {
    done = prune();
  }
  if (!done) {
    return fail(done.error());
  }
  tell_recovery();
}

/// The one at the path, whatever happened to the file there.
Result<void> ActivityWriter::ensure_table() {
  if (table_ && !table_->is_at(options_.path)) {
    log_.warn(fmt::format("the activity store {} was removed or replaced, and its rows with it",
                          escaped(options_.path)));
    table_.reset();
    if (auto moved = move_log_aside(options_.path); !moved) {
      return moved;
    }
  }
  return table_ ? Result<void>() : open();
}

Result<void> ActivityWriter::open() {
  // A file of an older version may take a while. What is undone is done at the next start.
  const WantedWork wanted(ends_);
  if (damage_) {
    if (auto replaced = replace_damaged(*damage_); !replaced) {
      return replaced;
    }
  }
  auto table = RowTable::open(options_.path);
  if (!table && table.error().code == NoDatabase) {
    if (auto replaced = replace_damaged(table.error()); !replaced) {
      return replaced;
    }
    table = RowTable::open(options_.path);
  }
  if (!table) {
    return table.error();
  }
  table_ = std::move(*table);
  {
    const MutexLock lock(mutex_);
    next_id_ = std::max(next_id_, table_->greatest_id() + 1);
    was_tried_ = true;
    next_prune_ = SteadyClock::now();
  }
  settled_.notify_all();
  return {};
}

/// Nothing that a user may want to look into is deleted. A disk that damages each new file must not
/// be filled with them.
Result<void> ActivityWriter::replace_damaged(const Error& damage) {
  if (moved_aside_ + options_.retry > SteadyClock::now()) {
    return damage;
  }
  const auto aside = move_aside(options_.path);
  if (!aside) {
    return Error{aside.error().code, damage.message + ", and " + aside.error().message};
  }
  damage_.reset();
  moved_aside_ = SteadyClock::now();
  log_.error(
      fmt::format("the activity store {} is no database, or a damaged one ({}); it was "
                  "moved aside, to {}, and a new one is begun",
                  escaped(options_.path), damage.message, escaped(*aside)));
  return {};
}

Result<void> ActivityWriter::write(Which which) {
  for (auto batch = take_batch(which); !batch.empty(); batch = take_batch(which)) {
    auto written = ensure_table();
    if (written) {
      written = table_->write(batch, retention());
    }
    if (!written) {
      put_back();
      return written;
    }
    {
      const MutexLock lock(mutex_);
      writing_.clear();
    }
    settled_.notify_all();
  }
  return {};
}

/// None: nothing waits, or what waits may get company.
std::vector<KeptRow> ActivityWriter::take_batch(Which which) {
  const MutexLock lock(mutex_);
  if (waiting_.empty() || (which == Which::Due && batch_due() > SteadyClock::now())) {
    return {};
  }
  writing_ = waiting_.take(BatchRows);
  return writing_;
}

void ActivityWriter::put_back() {
  const MutexLock lock(mutex_);
  waiting_.put_back(writing_);
  writing_.clear();
}

Retention ActivityWriter::retention() const {
  const MutexLock lock(mutex_);
  return retention_;
}

Result<void> ActivityWriter::prune() {
  {
    const MutexLock lock(mutex_);
    if (SteadyClock::now() < next_prune_) {
      return {};
    }
  }
  const Retention retention = this->retention();
  const auto has_more = table_->prune(retention);
  if (!has_more) {
    return has_more.error();
  }
  const bool some_get_old = retention.age.count() > 0;
  const MutexLock lock(mutex_);
  next_prune_ = *has_more      ? SteadyClock::now()
                : some_get_old ? SteadyClock::now() + PruneInterval
                               : SteadyClock::time_point::max();
  return {};
}

/// Rows in memory stay, whatever SQLite says of them: there is no other place.
void ActivityWriter::fail(const Error& error) {
  if (table_ && is_in_memory()) {
    if (const auto undone = table_->undo(); !undone) {
      log_.debug("the activity in memory: " + undone.error().message);
    }
  } else if (table_) {
    table_.reset();
    if (error.code == NoDatabase) {
      damage_ = error;
    }
  }
  const bool is_replaced_now = damage_ && moved_aside_ + options_.retry <= SteadyClock::now();
  bool is_new = false;
  {
    const MutexLock lock(mutex_);
    is_new = !fault_;
    fault_ = error.message;
    next_try_ = SteadyClock::now() + (is_replaced_now ? SteadyClock::duration(0) : options_.retry);
    was_tried_ = true;
    if (is_new) {
      dropped_before_fault_ = waiting_.dropped().requests;
    }
  }
  settled_.notify_all();
  if (is_new) {
    log_.error(fmt::format(
        "the activity store {} cannot be written: {}; requests are served all the same, the last "
        "{} rows are kept in memory, and it is tried again every {} s",
        escaped(options_.path), error.message, options_.most_waiting,
        std::chrono::duration_cast<std::chrono::seconds>(options_.retry).count()));
  }
}

void ActivityWriter::tell_recovery() {
  std::uint64_t dropped = 0;
  {
    const MutexLock lock(mutex_);
    if (!fault_) {
      return;
    }
    fault_.reset();
    dropped = waiting_.dropped().requests - dropped_before_fault_;
  }
  log_.warn(fmt::format("the activity store {} is written again; rows dropped meanwhile: {}",
                        escaped(options_.path), dropped));
}

/// At the end, where the file did not take them.
void ActivityWriter::drop_rest() {
  const MutexLock lock(mutex_);
  if (!waiting_.empty() && !is_in_memory()) {
    log_.error(fmt::format("the activity store {} did not take the last rows: {} are lost",
                           escaped(options_.path), waiting_.size()));
  }
}

}  // namespace llmsnap::store
