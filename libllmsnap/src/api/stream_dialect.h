// StreamDialect: how the event streams of the APIs say what a gateway has to say in them.
// Thread rule: pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmsnap::api {

/// Of a route whose requests may ask for an event stream; None: they cannot.
enum class StreamDialect : std::uint8_t { None, Chat, Completions, Responses, Messages, Plain };

/// What events of one stream have in common.
struct StreamIdentity {
  std::string id;
  std::chrono::sys_seconds created;
  std::string model;
};

/// True if clients of that dialect get to see the news of a load.
bool tells_news(StreamDialect dialect);

/// News of a load, which no client takes for a part of the model's answer. Responses and Messages
/// number what they show, and open it themselves: there it is in a comment, or in a ping.
std::string news_event(StreamDialect dialect, const StreamIdentity& identity,
                       std::string_view text);

/// Says nothing, so that nobody on the way takes the connection for dead.
std::string keep_alive_event(StreamDialect dialect);

/// The end of a stream that cannot be completed: the error, and the mark of the end. `error`: an
/// error's JSON in that dialect, in one line.
std::string failure_events(StreamDialect dialect, const std::string& error);

/// What a model's server answered instead of a stream.
struct ServersAnswer {
  /// The same as events, if it is of that dialect: an error, or (in a chat or completion) the whole
  /// answer. Empty: it is not.
  std::string events;
  std::string words;  ///< of its error, in whichever dialect; empty if it has none
};

ServersAnswer read_answer(StreamDialect dialect, int status, const std::string& body);

}  // namespace llmsnap::api
