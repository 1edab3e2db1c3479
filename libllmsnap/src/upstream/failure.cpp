#include "upstream/failure.h"

#include <fmt/format.h>

namespace llmsnap::upstream {

std::string server_name(const Url& url) {
  switch (url.scheme) {
    case Url::Scheme::Unix:
      return "unix:" + url.socket_path;
    case Url::Scheme::Https:
      return "https://" + url.authority();
    case Url::Scheme::Http:
      break;
  }
  return "http://" + url.authority();
}

Error failure(std::string_view attempt, const Url& url, const io::IoResult& result) {
  return {io::error_code(result),
          fmt::format("{} {}: {}", attempt, server_name(url), io::describe(result))};
}

Error failure(std::string_view attempt, const Url& url, std::string_view why) {
  return {ErrorCode::UpstreamFailed, fmt::format("{} {}: {}", attempt, server_name(url), why)};
}

}  // namespace llmsnap::upstream
