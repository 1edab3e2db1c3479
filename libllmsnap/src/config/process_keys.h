// The keys of a model that say how its process is started, asked, reached and stopped.
// Thread rule: used by the thread that loads.
#pragma once

#include <string>
#include <string_view>

#include "base/url.h"
#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// The text of a command without its comment lines: those whose first character that is not blank
/// is `#`.
std::string without_comment_lines(std::string_view command);

/// A text that the start of the process completes: keeps the placeholders in `kept`. `key` is what
/// an error calls it where it uses a port and the model's command does not.
Result<void> read_process_text(const Field& field, const ModelConfig& model, Placeholders kept,
                               std::string_view key, std::string& out);

/// Why a path, with its query, cannot be asked for on a model's server; empty: it can.
std::string why_no_target(std::string_view path);

/// A path in the URL that nearly nobody means, as it is put before those of requests.
void warn_of_doubled_path(const Field& field, const Url& url);

/// Each reads one key into the model, whose `port` is known already.
Result<void> read_cmd(const Field& field, ModelConfig& model);
Result<void> read_cmd_stop(const Field& field, ModelConfig& model);
Result<void> read_proxy(const Field& field, ModelConfig& model);
Result<void> read_check_endpoint(const Field& field, ModelConfig& model);
Result<void> read_health_check_interval(const Field& field, ModelConfig& model);
Result<void> read_env(const Field& field, ModelConfig& model);
Result<void> read_cwd(const Field& field, ModelConfig& model);
Result<void> read_stop_signal(const Field& field, ModelConfig& model);

/// After all keys of the model `field`: it has a command or an address, and the default address
/// where its command takes a port.
Result<void> complete_process(const Field& field, ModelConfig& model);

/// After that: warns of keys that are about a process where there is none, and of checks at
/// intervals where there is nothing to ask.
void warn_without_effect(const Field& field, const ModelConfig& model);

}  // namespace llmsnap
