// fake-model: a tiny OpenAI-style server for demos and tests, which can be told to misbehave.
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <thread>

#include "command_line.h"
#include "ending.h"
#include "grandchild.h"
#include "output.h"
#include "routes.h"
#include "server.h"

namespace {

// The usual soft limit of 1,024 descriptors is less than a gateway may open to us.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = fake_model::parse_command_line(argc, argv, exit_code);
  if (!line) {
    return exit_code;
  }
  const fake_model::Behaviour& behaviour = line->behaviour;
  fake_model::arrange_ending(behaviour);
  raise_descriptor_limit();
  std::this_thread::sleep_for(behaviour.bind_delay);

  fake_model::Routes routes(line->model, behaviour);
  fake_model::Server server(
      [&routes](const fake_model::Request& request) { return routes.answer(request); });
  std::string why;
  const std::string bound = server.listen(line->address, why);
  if (bound.empty()) {
    fmt::print(stderr, "fake-model: cannot listen on {}: {}\n", line->address, why);
    return 1;
  }
  fmt::print("listening on {}\n", bound);
  std::fflush(stdout);
  if (behaviour.grandchild.wanted) {
    fmt::print("grandchild {}\n",
               fake_model::fork_grandchild(behaviour.grandchild, server.listener()));
    std::fflush(stdout);
  }
  if (behaviour.close_output) {
    fake_model::close_output();
  }
  fake_model::start_flood(behaviour.flood_bytes, behaviour.flood_in_lines);
  server.run();
}
