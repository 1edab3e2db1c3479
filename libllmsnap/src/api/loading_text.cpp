#include "api/loading_text.h"

#include <fmt/format.h>

#include <chrono>

namespace llmsnap::api {
namespace {

/// By this line clients and tools tell the news from a model's own thoughts.
constexpr std::string_view Separator = "\u2501\u2501\u2501\u2501\u2501\n";

constexpr std::chrono::seconds TimeIsToldEvery{5};

double seconds(schedule::Time::duration time) {
  return std::chrono::duration<double>(time).count();
}

std::string starting(const schedule::Standing& standing) {
  return standing.expected
             ? fmt::format("starting, it took {:.0f} s the last time", seconds(*standing.expected))
             : "starting";
}

std::string in_line(const schedule::Standing& standing) {
  std::string text = fmt::format("Queue position: #{}", standing.place);
  if (standing.in_the_way.empty()) {
    return text;
  }
  text += fmt::format(", {} makes room", standing.in_the_way);
  if (standing.in_flight > 0) {
    text += fmt::format(" when its {} request{} ended", standing.in_flight,
                        standing.in_flight == 1 ? " has" : "s have");
  }
  return text;
}

std::string headline(const schedule::Standing& standing) {
  if (standing.place > 0) {
    return in_line(standing);
  }
  switch (standing.state) {
    case schedule::State::Starting:
      return starting(standing);
    case schedule::State::Waking:
      return "waking up";
    default:
      return "waiting for a place";
  }
}

}  // namespace

std::string LoadingText::opening(std::string_view model) const {
  return fmt::format("{}llmsnap loading model: {}\n", Separator, model);
}

std::string LoadingText::progress(const schedule::Standing& standing,
                                  schedule::Time::duration waited) {
  std::string now = headline(standing);
  if (now != last_) {
    last_ = std::move(now);
    return fmt::format("\n{} ", last_);
  }
  if (waited - told_ >= TimeIsToldEvery) {
    told_ = waited;
    return fmt::format(" {:.0f} s ", seconds(waited));
  }
  return ".";
}

std::string LoadingText::ready(schedule::Time::duration waited) const {
  return fmt::format("\nDone! ({:.2f}s)\n{} \n", seconds(waited), Separator);
}

std::string LoadingText::failed(schedule::Time::duration waited) const {
  return fmt::format("\nFailed after {:.2f}s\n{} \n", seconds(waited), Separator);
}

}  // namespace llmsnap::api
