#include "process/output_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>

#include "event/subscriber_list.h"
#include "io/loop.h"
#include "io/poller.h"
#include "io/timers.h"
#include "log/output_log.h"

namespace llmsnap::process {
namespace {

constexpr std::size_t ReadBytes = std::size_t{64} * 1024;
/// So that a flood does not keep the loop from its other work.
constexpr std::size_t BytesPerTurn = std::size_t{1024} * 1024;
/// So that a process does not wait for us while the loop is at other work.
constexpr int PipeBytes = 256 * 1024;

}  // namespace

/// All of it on the loop's thread, but for the constructor, and the destructor after the loop's
/// end.
class OutputReader::Pipe final : public io::PollTarget, public std::enable_shared_from_this<Pipe> {
 public:
  Pipe(io::Loop& loop, UniqueFd fd, std::shared_ptr<OutputLog> log)
      : loop_(loop),
        fd_(std::move(fd)),
        log_(std::move(log)),
        detach_timer_(*this),
        suppressed_timer_(*this) {}
  ~Pipe() { detach(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  /// Any thread.
  Subscription on_end(std::function<void()> callback) {
    return ended_.add([call = std::move(callback)](const void*) { call(); });
  }

  void open() {
    if (fd_ && !loop_.poller().add(fd_.get(), *this)) {
      end();
    }
  }

  void finish_by(Deadline deadline) {
    if (fd_) {
      detach_timer_.arm(deadline);
      read();
    }
  }

  /// Without a word to anyone.
  void detach() {
    if (fd_) {
      loop_.poller().remove(fd_.get(), *this);
      fd_.reset();
      detach_timer_.disarm();
      suppressed_timer_.disarm();
      log_->end_output();
    }
  }

 private:
  class DetachTimer final : public io::Timer {
   public:
    explicit DetachTimer(Pipe& pipe) : Timer(pipe.loop_.timers()), pipe_(pipe) {}

   private:
    void expired() override { pipe_.end(); }
    Pipe& pipe_;
  };

  class SuppressedTimer final : public io::Timer {
   public:
    explicit SuppressedTimer(Pipe& pipe) : Timer(pipe.loop_.timers()), pipe_(pipe) {}

   private:
    void expired() override {
      pipe_.log_->tell_suppressed(SteadyClock::now());
      pipe_.watch_suppression();
    }
    Pipe& pipe_;
  };

  void on_ready(io::Readiness readiness) override {
    if (readiness.readable && !goes_on_) {
      read();
    }
  }

  void read() {
    // On the loop's own stack (never on a fiber's): all readers of the loop share its pages.
    std::array<char, ReadBytes> buffer;
    for (std::size_t done = 0; done < BytesPerTurn;) {
      const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
      if (size > 0) {
        log_->append({buffer.data(), static_cast<std::size_t>(size)}, SteadyClock::now());
        done += static_cast<std::size_t>(size);
      } else if (size < 0 && errno == EAGAIN) {
        watch_suppression();
        return;
      } else if (size == 0 || errno != EINTR) {
        end();
        return;
      }
    }
    watch_suppression();
    go_on_next_turn();
  }

  void go_on_next_turn() {
    if (goes_on_) {
      return;
    }
    goes_on_ = true;
    loop_.post([self = shared_from_this()] {
      self->goes_on_ = false;
      if (self->fd_) {
        self->read();
      }
    });
  }

  /// For a process that goes quiet after a flood.
  void watch_suppression() {
    if (!suppressed_timer_.armed()) {
      suppressed_timer_.arm(log_->suppressed_until());
    }
  }

  void end() {
    detach();
    ended_.deliver(nullptr);  // may drop the reader, which leaves this to a task
  }

  io::Loop& loop_;
  UniqueFd fd_;
  const std::shared_ptr<OutputLog> log_;  // owners: the model, and its readers
  SubscriberList ended_;
  bool goes_on_ = false;  // a task is posted that reads on
  DetachTimer detach_timer_;
  SuppressedTimer suppressed_timer_;
};

OutputReader::OutputReader(io::Loop& loop, UniqueFd pipe, std::shared_ptr<OutputLog> log,
                           std::function<void()> on_end)
    : loop_(loop) {
  ::fcntl(pipe.get(), F_SETFL, ::fcntl(pipe.get(), F_GETFL) | O_NONBLOCK);
  ::fcntl(pipe.get(), F_SETPIPE_SZ, PipeBytes);  // no harm where it is refused
  pipe_ = std::make_shared<Pipe>(loop, std::move(pipe), std::move(log));
  if (on_end) {
    on_end_ = pipe_->on_end(std::move(on_end));
  }
  loop_.post([pipe = pipe_] { pipe->open(); });
}

OutputReader::~OutputReader() {
  on_end_.cancel();
  loop_.post([pipe = std::move(pipe_)] { pipe->detach(); });
}

void OutputReader::finish_by(Deadline deadline) {
  loop_.post([pipe = pipe_, deadline] { pipe->finish_by(deadline); });
}

}  // namespace llmsnap::process
