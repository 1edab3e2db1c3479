#include "llmsnap/router.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <utility>

#include "log/log.h"
#include "route/router_access.h"

namespace llmsnap {
namespace {

constexpr std::chrono::milliseconds SlowRule{5};

struct NamedRule {
  std::string name;
  RouteRule rule;
  std::atomic<bool> slow_logged = false;
};

/// What the rule decided, or what it threw. The rule is the user's code, so anything may come out.
Result<RouteDecision> run_rule(const NamedRule& named, const RouteRequest& request,
                               const RouteView& view) {
  try {
    return named.rule(request, view);
  } catch (const std::exception& exception) {
    return Error{ErrorCode::Internal, exception.what()};
  } catch (...) {
    return Error{ErrorCode::Internal, "an exception of unknown type"};
  }
}

}  // namespace

struct Router::State {
  std::deque<NamedRule> rules;
};

Router::Router() : state_(std::make_unique<State>()) {}
Router::~Router() = default;

void Router::add_rule(std::string name, RouteRule rule) {
  NamedRule& added = state_->rules.emplace_back();
  added.name = std::move(name);
  added.rule = std::move(rule);
}

bool RouterAccess::has_rules(const Router& router) {
  return !router.state_->rules.empty();
}

RouteDecision RouterAccess::decide(const Router& router, const RouteRequest& request,
                                   const RouteView& view, Log& log) {
  for (NamedRule& named : router.state_->rules) {
    const auto begun = std::chrono::steady_clock::now();
    Result<RouteDecision> decision = run_rule(named, request, view);
    const auto taken = std::chrono::steady_clock::now() - begun;
    if (taken > SlowRule && !named.slow_logged.exchange(true)) {
      log.warn(fmt::format(
          "routing rule \"{}\" took {} ms; rules hold up all other requests of their thread",
          named.name, std::chrono::duration_cast<std::chrono::milliseconds>(taken).count()));
    }
    if (!decision) {
      log.error(fmt::format("routing rule \"{}\" threw: {}", named.name, decision.error().message));
      return refuse_route(ErrorCode::Internal,
                          fmt::format("routing rule \"{}\" failed", named.name));
    }
    if (!std::holds_alternative<NoOpinion>(*decision)) {
      return std::move(*decision);
    }
  }
  return no_opinion();
}

}  // namespace llmsnap
