#pragma once
// The flags of the program, and what each is for.
// Called once by main.

#include <optional>
#include <string>

#include "behaviour.h"
#include "model.h"

namespace fake_model {

struct CommandLine {
  std::string address = "127.0.0.1:9898";
  Model model;
  Behaviour behaviour;
};

// Nothing: the program has to end with `exit_code`; why was printed.
std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_code);

}  // namespace fake_model
