// Cors: the answers that let pages of other origins call the inference and listing routes.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "api/answer.h"

namespace llmsnap::api {

/// Does a route let pages of other origins in.
enum class CrossOrigin { Allowed, Refused };

/// The answer to any OPTIONS request: 204 and, where allowed, what a browser wants to read.
Answer preflight_answer(const wire::RequestHead& head, CrossOrigin cross_origin);

/// A list of header names without elements that are not tokens, joined by ", "; case kept.
std::string sanitised_header_names(std::string_view list);

/// Adds Access-Control-Allow-Origin with the request's Origin, if it sent one.
void echo_origin(const wire::RequestHead& head, Answer& answer);

}  // namespace llmsnap::api
