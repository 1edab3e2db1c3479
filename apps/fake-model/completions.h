#pragma once
// The inference routes: each turns a JSON body into an answer of that API's shape.
// Pure but for the clock (the pace of a stream is measured for `timings`); one thread.

#include <string_view>

#include "model.h"
#include "server.h"

namespace fake_model {

Answer chat_completions(const Model& model, const Request& request);  // OpenAI
Answer completions(const Model& model, const Request& request);       // OpenAI, the old one
Answer messages(const Model& model, const Request& request);          // Anthropic
Answer embeddings(const Model& model, const Request& request);        // OpenAI

// An error in OpenAI's envelope.
Answer error_answer(int status, std::string_view type, std::string_view message);

}  // namespace fake_model
