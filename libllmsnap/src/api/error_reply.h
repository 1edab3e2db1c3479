// error_answer: the answer that tells a client about an Error, in the form its kind of client
// understands. Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "api/answer.h"
#include "llmsnap/result.h"

namespace llmsnap::api {

/// The status that an error is answered with. Only this file knows it.
int error_status(ErrorCode code);

/// OpenAI's envelope, or Anthropic's on the messages routes; in one line.
std::string error_json(const Error& error, std::string_view path, std::string_view request_id);

/// OpenAI's envelope; Anthropic's on the messages routes; text or HTML where `accept` asks for it
/// and not for JSON. `path` and `accept` may be empty: the front has no more when a head could not
/// be parsed. `request_id` is part of Anthropic's envelope and may be empty.
Answer error_answer(const Error& error, std::string_view path, std::string_view accept,
                    std::string_view request_id = {});

}  // namespace llmsnap::api
