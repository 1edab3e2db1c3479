#include "process/sleeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "io/fiber.h"
#include "io/wait.h"
#include "process/question.h"

namespace llmsnap::process {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t MostRead = std::size_t{256} * 1024;
constexpr milliseconds QuestionTime{2000};
constexpr milliseconds Pause{20};
constexpr milliseconds PatienceForRest{5};
constexpr std::array<std::string_view, 2> Questions{"/is_sleeping", "/props"};

bool is_good(int status) {
  return status >= 200 && status < 300;
}

bool is_interrupted() {
  const io::Interruption* interruption = io::Fiber::current()->interruption();
  return interruption != nullptr && interruption->raised();
}

Error cut_short() {
  return {ErrorCode::ShuttingDown, "it was stopped meanwhile"};
}

std::optional<bool> is_sleeping_in(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto found = json.is_object() ? json.find("is_sleeping") : json.end();
  return json.is_object() && found != json.end() && found->is_boolean()
             ? std::optional(found->get<bool>())
             : std::nullopt;
}

/// Nothing: it cannot be asked that way.
std::optional<bool> ask_whether_it_sleeps(upstream::Pool& pool, const Url& server,
                                          std::string_view target, Deadline deadline) {
  Question question(pool, server, std::min(deadline, SteadyClock::now() + QuestionTime));
  if (question.ask({.target = target}) || question.head().status != 200) {
    return std::nullopt;
  }
  const auto answer = is_sleeping_in(question.read_body(MostRead, QuestionTime));
  question.keep_connection();
  return answer;
}

Result<void> take_step(upstream::Pool& pool, const Url& server, const SleepStep& step) {
  Question question(pool, server, SteadyClock::now() + step.timeout);
  const auto failed = [&step](const std::string& why) {
    return Error{ErrorCode::UpstreamFailed,
                 fmt::format("{} {}: {}", step.method, step.target, why)};
  };
  const auto silence =
      question.ask({.method = step.method, .target = step.target, .json = step.body});
  if (is_interrupted()) {
    return cut_short();
  }
  if (silence) {
    return failed(silence->seen);
  }
  if (!is_good(question.head().status)) {
    return failed(question.describe_answer());
  }
  question.read_body(MostRead, PatienceForRest);
  question.keep_connection();
  return {};
}

}  // namespace

Result<void> take_steps(upstream::Pool& pool, const Url& server,
                        const std::vector<SleepStep>& steps) {
  for (const SleepStep& step : steps) {
    if (auto taken = take_step(pool, server, step); !taken) {
      return taken;
    }
  }
  return {};
}

Result<void> see_that_it_sleeps(upstream::Pool& pool, const Url& server, Deadline deadline) {
  for (const std::string_view target : Questions) {
    std::optional<bool> sleeps = ask_whether_it_sleeps(pool, server, target, deadline);
    io::Wait pause;
    while (sleeps == false && SteadyClock::now() < deadline && !is_interrupted()) {
      pause.until(std::min(deadline, SteadyClock::now() + Pause));
      sleeps = ask_whether_it_sleeps(pool, server, target, deadline);
    }
    if (is_interrupted()) {
      return cut_short();
    }
    if (sleeps == false) {
      return Error{ErrorCode::UpstreamFailed,
                   fmt::format("GET {} still says that it does not sleep", target)};
    }
    if (sleeps == true) {
      return {};
    }
  }
  return {};
}

}  // namespace llmsnap::process
