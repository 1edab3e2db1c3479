#pragma once
// Which path is answered by what: the whole surface of the fake model in one place.
// Called by the server's thread only.

#include <cstddef>
#include <utility>

#include "behaviour.h"
#include "model.h"
#include "server.h"
#include "sleep_state.h"
#include "slots.h"

namespace fake_model {

class Routes {
 public:
  explicit Routes(Model model, Behaviour behaviour = {})
      : model_(std::move(model)), behaviour_(behaviour) {}

  // The answer must be gone before this is.
  Answer answer(const Request& request);

 private:
  struct Route;
  using Inference = Answer (*)(const Model&, const Request&);

  // What the table of routes names.
  Answer health(const Request&);
  Answer models(const Request&);
  Answer props(const Request&);
  Answer slots(const Request&);
  Answer echo(const Request&);
  Answer socket(const Request&);
  Answer sleep(const Request&);
  Answer wake_up(const Request&);
  Answer is_sleeping(const Request&);
  template <Inference Generate>
  Answer infer(const Request& request) {
    return guarded(Generate, request);
  }

  Answer guarded(Inference generate, const Request& request);
  Answer change_sleep(bool asleep);

  const Model model_;
  const Behaviour behaviour_;
  Slots slots_;
  SleepState sleep_state_;
  std::size_t inference_requests_ = 0;
};

}  // namespace fake_model
