// InFlight: the requests that models are at now: who asked for what, and how much has come back.
// Thread rule: list, changes and cancel from any thread; a Place belongs to its request's fiber.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "wire/kept_fields.h"
#include "wire/request_head.h"
#include "wire/response_head.h"

namespace llmsnap::io {
class Interruption;
class Loop;
}  // namespace llmsnap::io

namespace llmsnap::live {

/// What is told when a request comes in. All views, and the head, must outlive its Place.
struct Arrival {
  const wire::RequestHead& head;
  std::string_view path;  ///< as the model's server sees it, without query
  std::string_view client;
  std::string_view request_id;
  std::chrono::system_clock::time_point received_at;
  SteadyClock::time_point received;
  std::string model;  ///< as far as it is known
};

/// One request as it is shown. Field values are as they came: see record/redaction.h.
struct Sight {
  std::uint64_t number = 0;
  std::chrono::system_clock::time_point received_at;
  SteadyClock::time_point received;
  std::string model;
  std::string selector;
  std::string method;
  std::string path;
  std::string client;
  std::string request_id;
  wire::KeptFields request_fields;
  wire::KeptFields answer_fields;
  std::uint64_t answer_bytes = 0;
  bool is_new = false;  ///< among changes: nobody was told of it before
};

/// What has changed since it was last asked for.
struct Changes {
  std::vector<Sight> seen;          ///< new ones, and those that went on
  std::vector<std::uint64_t> gone;  ///< only of those that were told of
  bool all = false;                 ///< too much has: look at the whole list instead
  Deadline again = NoDeadline;      ///< when bytes that came meanwhile are to be told
};

class InFlight {
 public:
  InFlight() = default;
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  /// One request; in the list for as long as it lives.
  class Place {
   public:
    /// On the request's fiber.
    Place(InFlight& list, Arrival arrival);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    /// `selector`: whose choice it is; empty: nobody's.
    void set_model(const std::string& model, const std::string& selector);
    /// The answer has begun. The head must outlive this.
    void set_answer(const wire::ResponseHead& head);
    void add_bytes(std::size_t count) { bytes_.fetch_add(count, std::memory_order_relaxed); }
    /// Whoever waits was interrupted by `cancel`, as if the gateway shut down.
    bool cancelled() const { return cancelled_; }

   private:
    friend class InFlight;
    Sight sight() const;

    InFlight& list_;
    const Arrival arrival_;
    io::Loop* const loop_;                  // null: it runs on no loop, and
    io::Interruption* const interruption_;  // null: nothing can end its waits
    std::uint64_t number_ = 0;
    std::string selector_;                        // under the list's mutex
    std::string model_;                           // under the list's mutex
    const wire::ResponseHead* answer_ = nullptr;  // under the list's mutex
    bool changed_ = true;                         // under the list's mutex, as all below
    bool told_ = false;
    std::uint64_t told_bytes_ = 0;
    SteadyClock::time_point told_at_;
    Place* previous_ = nullptr;
    Place* next_ = nullptr;
    std::atomic<std::uint64_t> bytes_{0};
    bool cancelled_ = false;  // the loop's thread alone
  };

  /// Oldest first, at most `most` of them (the oldest).
  std::vector<Sight> list(std::size_t most) const;
  std::size_t count() const;

  /// False: no such request. Its waits end soon.
  bool cancel(std::uint64_t number);

  /// Whether anybody asks for changes: while nobody does, none are collected. What is there counts
  /// as told then.
  void watch(bool watched);
  /// Called, without a lock, when there is a change; must not block. Set once, before requests.
  void on_change(std::function<void()> callback) { on_change_ = std::move(callback); }
  Changes changes(SteadyClock::time_point now);

 private:
  static constexpr std::size_t MostChanges = 128;
  static constexpr std::chrono::milliseconds BytesInterval{250};

  void add(Place& place);
  void remove(Place& place);
  void note(Place& place) REQUIRES(mutex_);
  Place* find(std::uint64_t number) const REQUIRES(mutex_);
  void tell() const;

  std::function<void()> on_change_;
  std::atomic<bool> watched_{false};
  mutable Mutex mutex_;
  Place* first_ GUARDED_BY(mutex_) = nullptr;
  Place* last_ GUARDED_BY(mutex_) = nullptr;
  std::size_t count_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_number_ GUARDED_BY(mutex_) = 1;
  std::size_t changed_count_ GUARDED_BY(mutex_) = 0;
  std::vector<std::uint64_t> gone_ GUARDED_BY(mutex_);
  bool overflow_ GUARDED_BY(mutex_) = false;
};

}  // namespace llmsnap::live
