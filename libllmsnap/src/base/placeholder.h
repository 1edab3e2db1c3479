// Placeholders: the `${PORT}` and `${PID}` that stay in a model's texts until its process is
// started. Thread rule: pure functions.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmsnap {

inline constexpr std::string_view PortPlaceholder = "${PORT}";
inline constexpr std::string_view PidPlaceholder = "${PID}";

/// Where `placeholder` (`${NAME}`) begins, at or behind `from`; npos where there is none. One with
/// a
/// `$` before it is a literal and not found.
std::size_t find_placeholder(std::string_view text, std::string_view placeholder,
                             std::size_t from = 0);

/// The text with the number for every `${PORT}`, and `${PORT}` for every `$${PORT}`. Call it once,
/// on what a ModelConfig holds: also where the model uses no port, for the sake of the literals.
std::string with_port(std::string_view template_text, std::uint16_t port);

/// The same for `${PID}`, which only ModelConfig::cmd_stop may hold; with_port before or after it.
std::string with_pid(std::string_view template_text, pid_t pid);

}  // namespace llmsnap
