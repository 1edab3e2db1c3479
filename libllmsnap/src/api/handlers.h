// The handlers of the route table, one function per kind of route; each file below defines some.
// Thread rule: called on the request's fiber.
#pragma once

#include "api/answer.h"
#include "llmsnap/result.h"

namespace llmsnap::api {

struct Call;

// inference.cpp
Result<Answer> serve_inference(Call& call);

// forms.cpp
Result<Answer> serve_form(Call& call);

// passthrough.cpp
Result<Answer> serve_passthrough(Call& call);

// comfyui.cpp
Result<Answer> serve_comfyui(Call& call);

// model_listing.cpp
Result<Answer> list_models(Call& call);
Result<Answer> show_model(Call& call);

// operations.cpp
Result<Answer> show_running(Call& call);
Result<Answer> unload_for_scripts(Call& call);
Result<Answer> unload_models(Call& call);
Result<Answer> unload_model(Call& call);
Result<Answer> load_model(Call& call);
Result<Answer> sleep_model(Call& call);
Result<Answer> show_decisions(Call& call);

// profile_routes.cpp
Result<Answer> show_profiles(Call& call);
Result<Answer> activate_profile(Call& call);

// config_routes.cpp
Result<Answer> show_config(Call& call);
Result<Answer> reload_config(Call& call);

// log_routes.cpp
Result<Answer> show_log(Call& call);
Result<Answer> stream_log(Call& call);
Result<Answer> stream_one_log(Call& call);

// machine_routes.cpp
Result<Answer> show_performance(Call& call);
Result<Answer> show_hardware(Call& call);
Result<Answer> show_machine_metrics(Call& call);

// pages.cpp
Result<Answer> show_health(Call& call);
Result<Answer> show_welcome(Call& call);
Result<Answer> show_passthrough_usage(Call& call);

}  // namespace llmsnap::api
