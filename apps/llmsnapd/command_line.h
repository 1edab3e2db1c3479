// The command line of llmsnapd: every flag as `--flag F` and `--flag=F`, and in Go style, `-flag F`
// and `-flag=F`. Thread rule: pure; one call at the start.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace llmsnapd {

struct CommandLine {
  std::string config;               ///< a file; `config.yaml` where no folder is named either
  std::string config_dir;           ///< a folder of files
  std::vector<std::string> listen;  ///< replaces the config's; empty = the config decides
  std::string tls_certificate;      ///< this and the key: both or neither
  std::string tls_key;
  bool strict = false;        ///< unknown config keys are errors
  bool check = false;         ///< only load the config and say what is wrong with it
  bool resolved = false;      ///< and print what it comes to
  bool watch_config = false;  ///< reload when the config's files change

  friend bool operator==(const CommandLine&, const CommandLine&) = default;
};

/// The program ends here: `--help`, `--version`, or a mistake.
struct Ending {
  int exit_code =
      0;  ///< 0; 1 for one TLS file without the other; 2 for flags that cannot be understood
  std::string text;  ///< for standard output when the code is 0, else for standard error

  friend bool operator==(const Ending&, const Ending&) = default;
};

/// `arguments` without the program's name.
std::variant<CommandLine, Ending> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace llmsnapd
