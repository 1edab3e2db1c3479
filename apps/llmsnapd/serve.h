// serve: runs the gateway until a signal ends it.
// Thread rule: main, with signals blocked.
#pragma once

#include <stop_token>

#include "command_line.h"
#include "llmsnap/config.h"
#include "service_manager.h"

namespace llmsnapd {

class ConfigWatch;

/// The files that the command line names.
llmsnap::ConfigSources sources_of(const CommandLine& options);

/// Reads them. `running`: the config in force, if there is one; `stop`: see check_config.
llmsnap::CheckedConfig read_config(const CommandLine& options, const llmsnap::Config* running,
                                   const std::stop_token& stop = {});

/// What `watch` tells of is taken as a new config; null: SIGHUP and the API alone bring one. Gives
/// the exit code: 0 after a clean end, 1 where an address could not be served or the end was
/// forced.
int serve(const CommandLine& options, llmsnap::Config config, const ServiceManager& manager,
          ConfigWatch* watch);

}  // namespace llmsnapd
