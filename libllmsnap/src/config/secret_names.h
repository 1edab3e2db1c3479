// Whether a name tells of a secret: of a flag, a variable, a header field, a parameter of a query
// or a member of an object. Thread rule: pure function.
#pragma once

#include <string_view>

namespace llmsnap {

/// The name is what ends `name`: `-e HF_TOKEN`, `--api-key`, `db.password`, `authToken`, `KEY_2`.
/// None are `--tokenizer`, `max_tokens`, `eos_token`, `--ssl-key-file`, `PWD`, `--no-auth`.
bool names_secret(std::string_view name);

}  // namespace llmsnap
