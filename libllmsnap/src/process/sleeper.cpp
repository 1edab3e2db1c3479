#include "process/sleeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

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

/// It has no such route, or a key of its own that we do not have.
bool is_not_to_be_asked(int status) {
  return status == 401 || status == 403 || status == 404 || status == 405 || status == 501;
}

bool is_interrupted() {
  const io::Interruption* interruption = io::Fiber::current()->interruption();
  return interruption != nullptr && interruption->raised();
}

Error cut_short() {
  return {ErrorCode::ShuttingDown, "it was stopped meanwhile"};
}

/// Nothing: it does not know the question.
enum class Says { ThatItSleeps, ThatItIsAwake, Nothing };

Says said_in(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto found = json.is_object() ? json.find("is_sleeping") : json.end();
  if (!json.is_object() || found == json.end() || !found->is_boolean()) {
    return Says::Nothing;
  }
  return found->get<bool>() ? Says::ThatItSleeps : Says::ThatItIsAwake;
}

Result<Says> ask_whether_it_sleeps(upstream::Pool& pool, const Server& server,
                                   std::string_view target, Deadline deadline) {
  Question question(pool, server, std::min(deadline, SteadyClock::now() + QuestionTime));
  const auto failed = [target](const std::string& why) {
    return Error{ErrorCode::UpstreamFailed, fmt::format("GET {}: {}", target, why)};
  };
  if (const auto silence = question.ask({.target = target})) {
    return failed(silence->seen);
  }
  const int status = question.head().status;
  if (status != 200 && !is_not_to_be_asked(status)) {
    return failed(question.describe_answer());
  }
  const std::string body = question.read_body(MostRead, QuestionTime);
  if (status == 200 && !question.finished()) {
    return failed("its answer has no end");
  }
  question.keep_connection();
  return status == 200 ? said_in(body) : Says::Nothing;
}

/// The first question that it knows counts; asked again while `goes_on` holds of what is said.
Result<void> see_that(Says wanted, upstream::Pool& pool, const Server& server, Deadline deadline,
                      bool (*goes_on)(const Result<Says>& said)) {
  for (const std::string_view target : Questions) {
    Result<Says> said = ask_whether_it_sleeps(pool, server, target, deadline);
    io::Wait pause;
    while (goes_on(said) && SteadyClock::now() < deadline && !is_interrupted()) {
      pause.until(std::min(deadline, SteadyClock::now() + Pause));
      Result<Says> next = ask_whether_it_sleeps(pool, server, target, deadline);
      // What a question did not hear because it began late says less than the one before it.
      if (next || SteadyClock::now() < deadline) {
        said = std::move(next);
      }
    }
    if (is_interrupted()) {
      return cut_short();
    }
    if (!said) {
      return said.error();
    }
    if (*said == wanted) {
      return {};
    }
    if (*said != Says::Nothing) {
      return Error{ErrorCode::UpstreamFailed,
                   fmt::format("GET {} still says that it {}", target,
                               wanted == Says::ThatItSleeps ? "does not sleep" : "sleeps")};
    }
  }
  return {};
}

Result<void> take_step(upstream::Pool& pool, const Server& server, const SleepStep& step) {
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

Result<void> take_steps(upstream::Pool& pool, const Server& server,
                        const std::vector<SleepStep>& steps) {
  for (const SleepStep& step : steps) {
    if (auto taken = take_step(pool, server, step); !taken) {
      return taken;
    }
  }
  return {};
}

Result<void> see_that_it_sleeps(upstream::Pool& pool, const Server& server, Deadline deadline) {
  return see_that(Says::ThatItSleeps, pool, server, deadline,
                  [](const Result<Says>& said) { return said && *said == Says::ThatItIsAwake; });
}

Result<void> see_that_it_is_awake(upstream::Pool& pool, const Server& server, Deadline deadline) {
  return see_that(Says::ThatItIsAwake, pool, server, deadline,
                  [](const Result<Says>& said) { return !said || *said == Says::ThatItSleeps; });
}

}  // namespace llmsnap::process
