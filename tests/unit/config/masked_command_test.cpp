#include "config/masked_command.h"

#include "base/command_line.h"
#include "catch.h"

namespace llmsnap {

TEST_CASE("a command without a secret is shown as it is written", "[config]") {
  const std::string command =
      GENERATE("llama-server  --port 5800 \\\n -m 'a b.gguf'", "", "x --tokenizer t --max-tokens 5",
               "sh -c 'exec \"y\"  --key-file k'", "x '", "# nothing");
  CHECK(masked_command(command) == command);
}

TEST_CASE("the secrets of a command are masked, however they are written", "[config]") {
  CHECK(masked_command("x --api-key argsecret --port 1") == "x --api-key *** --port 1");
  CHECK(masked_command("x --api-key=argsecret") == "x --api-key=***");
  CHECK(masked_command("docker run -e HF_TOKEN=argsecret img") == "docker run -e HF_TOKEN=*** img");
  CHECK(masked_command("x --api-key 'arg secret' 'a b'") == "x --api-key *** 'a b'");
  CHECK(masked_command("x '--api-key=arg secret'") == "x --api-key=***");
  CHECK(masked_command("x --api-key --port") == "x --api-key --port");
}

TEST_CASE("a command in a word of a command hides its secrets too", "[config]") {
  const std::string shown =
      masked_command(R"(sh -c "exec x --api-key argsecret --name 'it is' > log")");
  CHECK(shown.find("argsecret") == std::string::npos);
  CHECK(split_command(shown).value() ==
        std::vector<std::string>{"sh", "-c", "exec x --api-key *** --name 'it is' > log"});
}

TEST_CASE("of an assignment the value is masked where the name says so", "[config]") {
  CHECK(masked_assignment("HF_TOKEN=s=t") == "HF_TOKEN=***");
  CHECK(masked_assignment("PATH=/bin") == "PATH=/bin");
  CHECK(masked_assignment("TOKEN") == "TOKEN");
}

}  // namespace llmsnap
