#pragma once
// What can go wrong with the model, as the command line says it: everything is well by default.
// Constant after main has read the command line.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace fake_model {

struct Recording;

// How some routes answer.
enum class Reply { Ok, Fail, Hang };

// What a grandchild keeps; it holds nothing else.
struct Grandchild {
  bool wanted = false;
  bool port = false;         // the listening socket, which it never accepts from
  bool pipe = false;         // standard output and error
  bool own_session = false;  // no signal to the process group reaches it
};

struct Behaviour {
  std::chrono::milliseconds bind_delay{0};

  Reply health = Reply::Ok;
  std::chrono::steady_clock::time_point health_fails_at =
      std::chrono::steady_clock::time_point::max();
  Reply inference = Reply::Ok;
  std::shared_ptr<const Recording> recording;  // what inference answers; null: by itself

  // The end that comes by itself, counted from the start of the process.
  std::optional<std::chrono::milliseconds> exit_after;
  int exit_code = 1;
  std::optional<std::size_t> fail_after;        // so many inference requests, all answer 500
  std::optional<std::size_t> crash_after;       // at that inference request, counted from 1
  std::optional<std::size_t> crash_mid_stream;  // after so many pieces of a stream

  bool ignore_term = false;
  std::chrono::milliseconds term_delay{0};

  Grandchild grandchild;

  std::uint64_t flood_bytes = 0;
  bool flood_in_lines = true;
  bool close_output = false;

  bool sleep_endpoints = false;
  Reply sleep = Reply::Ok;
  Reply is_sleeping = Reply::Ok;
  bool sleeps_on = false;                   // whatever /wake_up says
  std::chrono::milliseconds sleep_time{0};  // until it sleeps, and until it is awake
};

}  // namespace fake_model
