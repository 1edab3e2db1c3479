#include "io/engine.h"

#include <algorithm>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/thread_name.h"
#include "io/fiber_pool.h"
#include "io/resolver.h"
#include "io/tls.h"

namespace llmsnap::io {
namespace {

/// What our own code may use of a fiber's stack; the rest is for an application's rules.
constexpr std::size_t StackBudget = 64 * 1024;

}  // namespace

struct Engine::State {
  std::function<void(std::string_view)> on_fault;
  std::unique_ptr<TlsContext> upstream_tls;
  // Outlives the loops that ask it, and is asked by none when it ends.
  std::unique_ptr<Resolver> resolver;
  std::vector<std::unique_ptr<Loop>> loops;
  std::vector<std::thread> threads;
};

Engine::Engine(const EngineOptions& options) : state_(std::make_unique<State>()) {
  state_->on_fault = options.on_fault;
  if (options.upstream_tls) {
    if (auto tls = TlsContext::client()) {
      state_->upstream_tls = std::move(*tls);
    } else if (options.on_fault) {
      options.on_fault(tls.error().message);
    }
  }
  state_->resolver = std::make_unique<Resolver>();
  for (std::size_t i = 0; i < options.threads; ++i) {
    state_->loops.push_back(
        std::make_unique<Loop>(LoopServices{state_->resolver.get(), state_->upstream_tls.get()}));
    state_->loops.back()->fibers().on_escaped_exception(options.on_fault);
  }
  for (auto& loop : state_->loops) {
    state_->threads.emplace_back([target = loop.get()] {
      name_this_thread("llmsnap-io");
      target->run();
    });
  }
}

Engine::~Engine() {
  for (auto& loop : state_->loops) {
    loop->stop();
  }
  for (std::thread& thread : state_->threads) {
    thread.join();
  }
  report_deep_stacks();
  state_->resolver.reset();  // its last answer may still be posted to a loop: before the loops go
}

void Engine::report_deep_stacks() {
  std::size_t deepest = 0;  // stays so where stacks are not painted
  for (auto& loop : state_->loops) {
    deepest = std::max(deepest, loop->fibers().deepest_stack_use());
  }
  if (deepest > StackBudget && state_->on_fault) {
    state_->on_fault("a fiber used " + std::to_string(deepest) + " bytes of its stack, more than " +
                     std::to_string(StackBudget));
  }
}

std::size_t Engine::size() const {
  return state_->loops.size();
}

Loop& Engine::loop(std::size_t index) {
  return *state_->loops[index];
}

void Engine::run_on(Loop& loop, std::function<void()> task) {
  std::promise<void> done;
  loop.post([&task, &done] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace llmsnap::io
