#include "io/fiber.h"

#include <cxxabi.h>

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/preallocated.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "io/fiber_pool.h"
#include "io/sanitizer.h"
#include "io/stack.h"

namespace llmsnap::io {
namespace {

/// Stacks kept for the next fibers; the rest goes back to the system after a burst.
constexpr std::size_t KeptStacks = 64;

constexpr std::size_t CacheLine = 64;
constexpr std::size_t OffsetSteps = 64;  // together one page

/// The part of the C++ runtime's per-thread state that belongs to the code that runs: without
/// saving it, two fibers that are suspended while they handle exceptions end up with each other's.
struct ExceptionState {
  void* caught = nullptr;
  unsigned int uncaught = 0;

  static ExceptionState& of_thread() {
    // The layout is fixed by the Itanium C++ ABI; __cxa_eh_globals itself is opaque.
    return *reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
  }
};

struct StackOwnedElsewhere {
  void deallocate(boost::context::stack_context&) noexcept {}
};

}  // namespace

class FiberBody final : public Fiber {
 public:
  FiberBody(FiberPool& pool, Timers& timers)
      : Fiber(timers), pool_(pool), annotation_(stack_.bottom(), stack_.size()) {}

  FiberPool& pool_;
  boost::context::fiber context_;
  ExceptionState exceptions_;
  FiberStack stack_;
  StackSwitch annotation_;
  Task main_;  // empty when resumed: end the fiber
};

struct FiberPool::State {
  explicit State(Timers& the_timers) : timers(the_timers) {}

  Timers& timers;
  StackSwitch loop_annotation;
  boost::context::fiber loop_context;
  std::vector<FiberBody*> ready;
  std::vector<FiberBody*> running_batch;
  std::vector<std::unique_ptr<FiberBody>> parked;
  std::size_t alive = 0;
  std::size_t started = 0;
  std::size_t deepest_use = 0;
  std::function<void(std::string_view)> on_escaped_exception;

  void enter(FiberBody& fiber, ExceptionState& exceptions);
  void leave(FiberBody& fiber, bool for_good);
  void run_main(FiberBody& fiber);
  void start(FiberBody& fiber);
  void finished(FiberBody& fiber);
};

namespace {

thread_local FiberBody* running_fiber = nullptr;

}  // namespace

Fiber* Fiber::current() {
  return running_fiber;
}

void Fiber::yield() {
  if (FiberBody* fiber = running_fiber) {
    fiber->pool_.schedule(*fiber);
    FiberPool::suspend();
  }
}

/// `exceptions`: this thread's.
void FiberPool::State::enter(FiberBody& fiber, ExceptionState& exceptions) {
  const ExceptionState loop_exceptions = std::exchange(exceptions, fiber.exceptions_);
  running_fiber = &fiber;
  loop_annotation.leave_for(fiber.annotation_);
  fiber.context_ = std::move(fiber.context_).resume();
  loop_annotation.arrive_from(fiber.annotation_);
  running_fiber = nullptr;
  fiber.exceptions_ = std::exchange(exceptions, loop_exceptions);
}

void FiberPool::State::leave(FiberBody& fiber, bool for_good) {
  fiber.annotation_.leave_for(loop_annotation, for_good);
  if (!for_good) {
    loop_context = std::move(loop_context).resume();
    fiber.annotation_.arrive_from(loop_annotation);
  }
}

void FiberPool::State::run_main(FiberBody& fiber) {
  try {
    fiber.main_();
  } catch (const std::exception& error) {
    if (on_escaped_exception) {
      on_escaped_exception(error.what());
    }
  } catch (...) {
    if (on_escaped_exception) {
      on_escaped_exception("an exception that is not a std::exception");
    }
  }
  fiber.main_ = Task();
  fiber.watch(nullptr);
}

void FiberPool::State::start(FiberBody& fiber) {
  boost::context::stack_context stack;
  // Stacks lie at equal distances: without an offset of their own, what a thousand fibers touch in
  // turn would share a few lines of the processor's caches.
  const std::size_t offset = started++ % OffsetSteps * CacheLine;
  stack.size = fiber.stack_.size() - offset;
  stack.sp = static_cast<char*>(fiber.stack_.bottom()) + stack.size;
  fiber.context_ = boost::context::fiber(
      std::allocator_arg, boost::context::preallocated(stack.sp, stack.size, stack),
      StackOwnedElsewhere{}, [this, &fiber](boost::context::fiber&& loop) {
        loop_context = std::move(loop);
        fiber.annotation_.arrive_from(loop_annotation);
        // One stack serves many requests: after each main it parks here until spawn gives it
        // another.
        while (fiber.main_) {
          run_main(fiber);
          finished(fiber);
          leave(fiber, false);
        }
        leave(fiber, true);
        return std::move(loop_context);
      });
}

void FiberPool::State::finished(FiberBody& fiber) {
  --alive;
  parked.emplace_back(&fiber);
}

FiberPool::FiberPool(Timers& timers) : state_(std::make_unique<State>(timers)) {}

FiberPool::~FiberPool() {
  for (auto& fiber : state_->parked) {
    state_->enter(*fiber, ExceptionState::of_thread());
  }
}

bool FiberPool::spawn(Task main) {
  FiberBody* fiber = nullptr;
  if (!state_->parked.empty()) {
    fiber = state_->parked.back().release();
    state_->parked.pop_back();
  } else {
    auto made = std::make_unique<FiberBody>(*this, state_->timers);
    if (!made->stack_) {
      return false;
    }
    fiber = made.release();  // owned by itself until it parks
  }
  fiber->main_ = std::move(main);
  ++state_->alive;
  if (!fiber->context_) {
    state_->start(*fiber);
  }
  state_->ready.push_back(fiber);
  return true;
}

void FiberPool::suspend() {
  FiberBody& fiber = *running_fiber;
  fiber.pool_.state_->leave(fiber, false);
}

void FiberPool::schedule(Fiber& fiber) {
  state_->ready.push_back(static_cast<FiberBody*>(&fiber));
}

void FiberPool::run_ready() {
  state_->running_batch.swap(state_->ready);
  ExceptionState& exceptions = ExceptionState::of_thread();
  for (FiberBody* fiber : state_->running_batch) {
    state_->enter(*fiber, exceptions);
  }
  state_->running_batch.clear();
  while (state_->parked.size() > KeptStacks) {
    const std::unique_ptr<FiberBody> surplus = std::move(state_->parked.back());
    state_->parked.pop_back();
    state_->deepest_use = std::max(state_->deepest_use, surplus->stack_.deepest_use());
    state_->enter(*surplus, exceptions);
  }
}

bool FiberPool::anything_ready() const {
  return !state_->ready.empty();
}

std::size_t FiberPool::alive() const {
  return state_->alive;
}

void FiberPool::on_escaped_exception(std::function<void(std::string_view)> handler) {
  state_->on_escaped_exception = std::move(handler);
}

std::size_t FiberPool::deepest_stack_use() const {
  std::size_t deepest = state_->deepest_use;
  for (const auto& fiber : state_->parked) {
    deepest = std::max(deepest, fiber->stack_.deepest_use());
  }
  return deepest;
}

}  // namespace llmsnap::io
