#include "io/stream.h"

#include <cstring>

namespace llmsnap::io {

std::string describe(const IoResult& result) {
  switch (result.status) {
    case IoStatus::Ok:
      return "no error";
    case IoStatus::End:
      return "the other side closed the connection";
    case IoStatus::Readable:
      return "the other side sent something";
    case IoStatus::Deadline:
      return "it took too long";
    case IoStatus::ClientLeft:
      return "the client left";
    case IoStatus::Shutdown:
      return "the gateway is shutting down";
    case IoStatus::Failed:
      break;
  }
  return result.error == 0 ? "the TLS connection broke" : std::strerror(result.error);
}

ErrorCode error_code(const IoResult& result) {
  switch (result.status) {
    case IoStatus::Deadline:
      return ErrorCode::UpstreamTimeout;
    case IoStatus::ClientLeft:
      return ErrorCode::ClientLeft;
    case IoStatus::Shutdown:
      return ErrorCode::ShuttingDown;
    default:
      return ErrorCode::UpstreamFailed;
  }
}

}  // namespace llmsnap::io
