// Selection: a name that stands for several models, and the order in which a request tries them.
// Thread rule: a Selection is immutable, shared by all loops; Attempts belong to a request's fiber.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "llmsnap/routing_config.h"
#include "route/model_service.h"
#include "route/target_book.h"

namespace llmsnap::route {

struct Target {
  std::shared_ptr<const Model> model;  ///< the other owner: the table of models
  std::string name;  ///< the request goes on under it; filters.setParamsByID go by it
};

/// A selector of the config; or a bare name that several peers have a model of, which goes to the
/// first that has it loaded, else to the first.
struct Selection {
  SelectorConfig config;  ///< where `id` is empty, the config has no selector for it
  std::string name;
  std::vector<Target> targets;  ///< at least one
  std::shared_ptr<TargetBook> book;
};

/// How a target stands, as far as `models` know; its book knows the rest, and its peer whether it
/// backs off.
TargetStatus status_of(const Model& target, const ModelService& models);

/// True if a request for it would find a target that serves or is about to.
bool is_loaded(const Selection& selection, const ModelService& models);

/// The targets that one request tries, one after the other.
class Attempts {
 public:
  /// Both must outlive it.
  Attempts(const Selection& selection, const ModelService& models)
      : selection_(selection), models_(models), tried_(selection.targets.size()) {}

  /// The next one to try, or null where none is left. It is one of the selection's.
  const Target* next(SteadyClock::time_point now);

  /// The one that next gave refused, which others shall know.
  void refused(const Refusal& refusal, SteadyClock::time_point now);
  void served();

  /// Its place at the one that next gave.
  Reservation take_reservation() { return std::move(reservation_); }

 private:
  const Selection& selection_;
  const ModelService& models_;
  std::vector<bool> tried_;
  std::size_t present_ = 0;
  SteadyClock::time_point chosen_;  // when the present one was
  Reservation reservation_;
};

}  // namespace llmsnap::route
