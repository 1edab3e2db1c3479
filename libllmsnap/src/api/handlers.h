// The handlers of the route table, one function per kind of route; each file below defines some.
// Thread rule: called on the request's fiber.
#pragma once

#include "api/answer.h"
#include "llmsnap/result.h"

namespace llmsnap::api {

struct Call;

// inference.cpp
Result<Answer> serve_inference(Call& call);
Result<Answer> serve_unmetered(Call& call);
Result<Answer> serve_unlisted(Call& call);

// query_routes.cpp
Result<Answer> serve_by_query(Call& call);
Result<Answer> serve_upgrade(Call& call);
Result<Answer> show_props(Call& call);

// metrics_page.cpp
Result<Answer> show_own_metrics(Call& call);

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

// activity_routes.cpp
Result<Answer> show_metrics(Call& call);
Result<Answer> show_activity(Call& call);
Result<Answer> show_activity_stats(Call& call);
Result<Answer> export_activity(Call& call);
// router_routes.cpp
Result<Answer> load_by_body(Call& call);
Result<Answer> unload_by_body(Call& call);
Result<Answer> stream_states(Call& call);

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

// event_routes.cpp
Result<Answer> stream_events(Call& call);
Result<Answer> list_in_flight(Call& call);
Result<Answer> cancel_in_flight(Call& call);

// capture_routes.cpp
Result<Answer> show_capture(Call& call);

// replay.cpp
Result<Answer> replay_capture(Call& call);

// machine_routes.cpp
Result<Answer> show_performance(Call& call);
Result<Answer> show_hardware(Call& call);

// pages.cpp
Result<Answer> show_health(Call& call);
Result<Answer> show_icon(Call& call);
Result<Answer> show_version(Call& call);
Result<Answer> go_to_ui(Call& call);
Result<Answer> go_into_ui(Call& call);
Result<Answer> go_to_ui_models(Call& call);

// openapi.cpp
Result<Answer> show_openapi(Call& call);

// ui_page.cpp
Result<Answer> show_ui(Call& call);

}  // namespace llmsnap::api
