#include "command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "recording.h"

namespace fake_model {
namespace {

using Milliseconds = std::optional<std::int64_t>;

// What the library cannot write into the result by itself.
struct Raw {
  std::optional<std::uint16_t> port;
  Milliseconds load;
  Milliseconds bind_delay;
  Milliseconds health_fails_after;
  Milliseconds exit_after;
  Milliseconds term_delay;
  Milliseconds sleep_time;
  std::optional<std::uint64_t> flood;
  std::optional<std::uint64_t> flood_line;
  std::vector<std::string> grandchild;
  std::string replay;
};

void add_time(CLI::App& app, const char* flag, Milliseconds& into, const char* help) {
  app.add_option(flag, into, help)->check(CLI::NonNegativeNumber)->type_name("MS");
}

void add_reply(CLI::App& app, const char* flag, const char* failure, Reply& into,
               const char* help) {
  const std::map<std::string, Reply> names = {
      {"ok", Reply::Ok}, {failure, Reply::Fail}, {"hang", Reply::Hang}};
  app.add_option(flag, into, help)
      ->transform(CLI::CheckedTransformer(names, CLI::ignore_case))
      ->type_name(fmt::format("ok|{}|hang", failure))
      ->option_text(fmt::format("ok|{}|hang", failure));
}

void add_model(CLI::App& app, CommandLine& line, Raw& raw) {
  app.add_option("--listen", line.address,
                 "IPv4 address and port; port 0 = one of the kernel's choice")
      ->capture_default_str();
  app.add_option("--port", raw.port, "same as --listen 127.0.0.1:PORT, as llama-server has it")
      ->excludes("--listen");
  app.add_option("--name", line.model.name, "the model's name")->capture_default_str();
  app.add_option("--tokens", line.model.tokens, "length of an answer")->capture_default_str();
  app.add_option("--tokens-per-second", line.model.tokens_per_second,
                 "pace; 0 = as fast as it goes")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_start(CLI::App& app, Behaviour& behaviour, Raw& raw) {
  add_time(app, "--load-ms", raw.load,
           "answers 503 for this long after the start; a gateway waits for a 200");
  add_time(app, "--bind-delay-ms", raw.bind_delay,
           "listens only then; until then a refused connection means: not yet");
  add_reply(app, "--health", "503", behaviour.health,
            "how /health answers, for ever; a gateway gives up at its health deadline and says "
            "what it saw last");
  add_time(app, "--health-fails-after-ms", raw.health_fails_after,
           "/health answers 503 from then on, and inference goes on to be well; a gateway with "
           "healthCheckInterval starts it anew");
  add_time(app, "--exit-after-ms", raw.exit_after,
           "ends by itself then, with a last line on standard error that a gateway should show");
  app.add_option("--exit-code", behaviour.exit_code,
                 "of that end; 0 before it was ready is a failed start too")
      ->check(CLI::Range(0, 255))
      ->capture_default_str();
}

void add_faults(CLI::App& app, Behaviour& behaviour, Raw& raw) {
  add_reply(app, "--inference", "500", behaviour.inference,
            "how inference answers; with a healthy /health that is a broken model all the same");
  app.add_option(
         "--fail-after", behaviour.fail_after,
         "inference answers 500 after N requests, and /health goes on to be well: a gateway "
         "starts it anew")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  app.add_option("--crash-after", behaviour.crash_after,
                 "SIGSEGV at the N-th inference request; its client should get 502 at once")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  app.add_option("--crash-mid-stream", behaviour.crash_mid_stream,
                 "SIGSEGV after N chunks of a stream; its client should see that it is not whole")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  app.add_flag("--ignore-term", behaviour.ignore_term,
               "SIGTERM does nothing; a gateway kills after its grace");
  add_time(app, "--term-delay-ms", raw.term_delay,
           "serves on for this long after SIGTERM, then ends; a gateway waits for the exit before "
           "it gives the memory to another");
  app.add_option("--fork-grandchild", raw.grandchild,
                 "any of port,pipe,setsid: a process that outlives this one for up to 60 s and "
                 "keeps the listening socket, the output, or is in a session of its own; a gateway "
                 "finds and ends it")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"port", "pipe", "setsid"}))
      ->type_name("KEEPS");
}

void add_replay(CLI::App& app, Raw& raw) {
  app.add_option("--replay", raw.replay,
                 "answers inference with what a gateway has captured (GET /api/captures/<id>), "
                 "each piece when it came")
      ->check(CLI::ExistingFile)
      ->type_name("CAPTURE");
}

// Nothing and why: it is no capture.
std::shared_ptr<const Recording> recording_in(const std::string& path, std::string& why) {
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto recording = parse_recording(text);
  if (!recording) {
    why = fmt::format("{} is no capture with an answer in it", path);
    return nullptr;
  }
  if (!recording->is_whole) {
    fmt::print(stderr, "fake-model: of the answer in {} only the beginning was captured\n", path);
  }
  return std::make_shared<const Recording>(std::move(*recording));
}

void add_output(CLI::App& app, Behaviour& behaviour, Raw& raw) {
  CLI::Option* const flood =
      app.add_option("--flood", raw.flood,
                     "writes so many bytes of lines to standard output while it serves; a gateway "
                     "reads them all and keeps few")
          ->type_name("BYTES");
  app.add_option("--flood-line", raw.flood_line, "same as one line; a gateway cuts it")
      ->type_name("BYTES")
      ->excludes(flood);
  app.add_flag("--close-output", behaviour.close_output,
               "closes both outputs once it listens; that is no exit");
}

void add_sleep(CLI::App& app, Behaviour& behaviour, Raw& raw) {
  app.add_flag("--sleep-endpoints", behaviour.sleep_endpoints,
               "POST /sleep, POST /wake_up and GET /is_sleeping, as vLLM; inference answers 503 "
               "while it sleeps");
  add_time(app, "--sleep-ms", raw.sleep_time, "time that falling asleep takes, and waking up");
  add_reply(app, "--sleep", "500", behaviour.sleep,
            "how /sleep and /wake_up answer; where they fail a gateway stops the model instead");
  add_reply(app, "--is-sleeping", "500", behaviour.is_sleeping,
            "how /is_sleeping answers; where it fails a gateway does not believe the sleep");
  app.add_flag(
      "--sleeps-on", behaviour.sleeps_on,
      "/wake_up answers 200 and wakes nothing; /health is well, and a gateway sees that it "
      "still sleeps");
}

std::chrono::milliseconds time_of(const Milliseconds& given) {
  return std::chrono::milliseconds(given.value_or(0));
}

void take_over(const Raw& raw, CommandLine& line) {
  Behaviour& behaviour = line.behaviour;
  if (raw.port) {
    line.address = fmt::format("127.0.0.1:{}", *raw.port);
  }
  const auto now = std::chrono::steady_clock::now();
  line.model.ready_at = now + time_of(raw.load);
  if (raw.health_fails_after) {
    behaviour.health_fails_at = now + time_of(raw.health_fails_after);
  }
  behaviour.bind_delay = time_of(raw.bind_delay);
  if (raw.exit_after) {
    behaviour.exit_after = time_of(raw.exit_after);
  }
  behaviour.term_delay = time_of(raw.term_delay);
  behaviour.sleep_time = time_of(raw.sleep_time);
  behaviour.flood_in_lines = !raw.flood_line.has_value();
  behaviour.flood_bytes = raw.flood_line.value_or(raw.flood.value_or(0));
  const auto keeps = [&raw](const char* what) {
    return std::find(raw.grandchild.begin(), raw.grandchild.end(), what) != raw.grandchild.end();
  };
  behaviour.grandchild = {!raw.grandchild.empty(), keeps("port"), keeps("pipe"), keeps("setsid")};
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_code) {
  CLI::App app("A tiny OpenAI-style server for demos and tests", "fake-model");
  CommandLine line;
  Raw raw;
  add_model(app, line, raw);
  add_start(app, line.behaviour, raw);
  add_faults(app, line.behaviour, raw);
  add_output(app, line.behaviour, raw);
  add_sleep(app, line.behaviour, raw);
  add_replay(app, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return std::nullopt;
  }
  take_over(raw, line);
  std::string why;
  if (!raw.replay.empty() && !(line.behaviour.recording = recording_in(raw.replay, why))) {
    fmt::print(stderr, "fake-model: {}\n", why);
    exit_code = 1;
    return std::nullopt;
  }
  return line;
}

}  // namespace fake_model
