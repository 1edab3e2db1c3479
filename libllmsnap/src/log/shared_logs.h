// SharedLogs: the logs that belong to no single model.
// Thread rule: as OutputLog.
#pragma once

#include "log/output_log.h"

namespace llmsnap {

struct SharedLogs {
  OutputLog gateway;   ///< our own lines
  OutputLog models;    ///< what all models print
  OutputLog combined;  ///< of both what the config's `logToStdout` names
};

}  // namespace llmsnap
