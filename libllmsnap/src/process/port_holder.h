// Who has a TCP port of this machine.
// Thread rule: any thread; what is said may be old news at once.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace llmsnap::process {

/// False: another socket has the port, on whatever address of either family. Connections that are
/// only waiting to be forgotten (TIME_WAIT) do not count.
bool can_bind(std::uint16_t port);

/// True: whoever listens there does so on other addresses of this machine too, not on 127.0.0.1
/// alone.
bool is_open_to_others(std::uint16_t port);

struct PortHolder {
  pid_t pid = -1;
  std::string command;  ///< empty: it could not be found
};

/// Nothing: nobody has it, or we may not see who. A listener goes before a connection.
std::optional<PortHolder> holder_of(std::uint16_t port);

/// "port 5800 is used by process 123 (python3)", or "... by another process".
std::string port_in_use(std::uint16_t port);

}  // namespace llmsnap::process
