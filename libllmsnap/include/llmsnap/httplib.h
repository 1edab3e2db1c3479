// mount: serves a gateway inside an application's own httplib::Server, compiled with the
// application's copy. Thread rule: mount before the server listens; requests then run on that
// server's threads.
#pragma once

#include <httplib.h>

#include <memory>
#include <string>
#include <utility>

#include "llmsnap/gateway.h"

#if defined(LLMSNAP_HTTPLIB_VERSION)
// llmsnap::http is in this program too, and was built with one version of cpp-httplib: two versions
// in one program end in a crash at the first request, so the headers must agree.
namespace llmsnap::detail {
constexpr bool same_text(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) {
    ++a;
    ++b;
  }
  return *a == *b;
}
}  // namespace llmsnap::detail
static_assert(
    llmsnap::detail::same_text(LLMSNAP_HTTPLIB_VERSION, CPPHTTPLIB_VERSION),
    "llmsnap::http was built with another version of cpp-httplib than this file includes: link "
    "llmsnap::core alone, or build llmsnap with your copy");
#if defined(CPPHTTPLIB_OPENSSL_SUPPORT) != LLMSNAP_HTTPLIB_OPENSSL || \
    defined(CPPHTTPLIB_ZLIB_SUPPORT) != LLMSNAP_HTTPLIB_ZLIB ||       \
    defined(CPPHTTPLIB_BROTLI_SUPPORT) != LLMSNAP_HTTPLIB_BROTLI
#error \
    "llmsnap::http was built with other CPPHTTPLIB_*_SUPPORT flags than this file: class layouts differ"
#endif
#endif

namespace llmsnap {

namespace detail {

inline std::string quoted_for_regex(const std::string& text) {
  std::string quoted;
  for (const char letter : text) {
    if (std::string("\\^$.|?*+()[]{}").find(letter) != std::string::npos) {
      quoted += '\\';
    }
    quoted += letter;
  }
  return quoted;
}

/// One mounted gateway: what its handlers share.
class Mounted {
 public:
  Mounted(Gateway& gateway, std::string prefix) : gateway_(gateway), prefix_(std::move(prefix)) {}

  void answer(const httplib::Request& request, httplib::Response& response) const {
    const std::size_t below = prefix_length(request.target);
    if (below == std::string::npos) {
      // The library unescapes more than a path's spelling allows, and asks no further route.
      response.status = 404;
      response.set_content(
          R"({"error":{"message":"nothing is served at this path","type":"invalid_request_error","param":null,)"
          R"("code":"not_found"}})"
          "\n",
          "application/json");
      return;
    }
    GatewayRequest forwarded;
    forwarded.method = request.method;
    forwarded.target = request.target.substr(below);
    if (forwarded.target.empty() || forwarded.target.front() != '/') {
      forwarded.target.insert(0, "/");
    }
    forwarded.body = request.body;
    forwarded.client_address = request.remote_addr;
    for (const auto& [name, value] : request.headers) {
      if (!is_of_the_library(name)) {
        forwarded.headers.emplace_back(name, value);
      }
    }
    auto answer = std::make_shared<GatewayAnswer>(gateway_.handle(std::move(forwarded)));
    response.status = answer->status();
    const std::string type = copy_headers(*answer, response);
    if (request.method != "HEAD" && may_have_body(response.status)) {
      provide_body(std::move(answer), type, request.version != "HTTP/1.0", response);
    }
  }

 private:
  /// How much of the target, as it was sent, spells the prefix (escaped or not); npos if it does
  /// not, or goes on within its last segment. An escaped slash ends no segment.
  std::size_t prefix_length(const std::string& target) const {
    std::size_t at = 0;
    for (const char wanted : prefix_) {
      if (at == target.size()) {
        return std::string::npos;
      }
      const bool escaped = target[at] == '%' && wanted != '/';
      if ((escaped ? unescaped(target, at) : target[at]) != wanted) {
        return std::string::npos;
      }
      at += escaped ? 3 : 1;
    }
    const bool ends = at == target.size() || target[at] == '/' || target[at] == '?';
    return ends ? at : std::string::npos;
  }

  /// The byte that the escape at `at` stands for; NUL where it is broken.
  static char unescaped(const std::string& target, std::size_t at) {
    const std::string digits = target.substr(at + 1, 2);
    if (digits.size() != 2 || digits.find_first_not_of("0123456789ABCDEFabcdef") != digits.npos) {
      return '\0';
    }
    return static_cast<char>(std::stoi(digits, nullptr, 16));
  }

  /// Pseudo fields that old versions add to what the client sent.
  static bool is_of_the_library(const std::string& name) {
    return name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" ||
           name == "LOCAL_PORT";
  }

  static bool may_have_body(int status) {
    return status / 100 != 1 && status != 204 && status != 304;
  }

  /// Returns the Content-Type, which the library wants with the body. Lengths are the library's to
  /// frame.
  static std::string copy_headers(const GatewayAnswer& answer, httplib::Response& response) {
    std::string type;
    for (const auto& [name, value] : answer.headers()) {
      if (name == "Content-Type" || name == "content-type") {
        type = value;
      } else if (name != "Content-Length") {
        response.headers.emplace(name, value);
      }
    }
    return type;
  }

  /// Without a length: the library would otherwise cut ranges out of the body by itself.
  static void provide_body(std::shared_ptr<GatewayAnswer> answer, const std::string& type,
                           bool chunks, httplib::Response& response) {
    const auto provider = [answer = std::move(answer)](std::size_t, httplib::DataSink& sink) {
      const Result<std::string> piece = answer->next();
      if (!piece) {
        return false;  // cut, never ended: the client must not take it for complete
      }
      if (piece->empty()) {
        sink.done();
        return true;
      }
      return sink.write(piece->data(), piece->size());
    };
    if (chunks) {
      response.set_chunked_content_provider(type, provider);
    } else {
      response.set_content_provider(type, provider);
    }
  }

  Gateway& gateway_;
  const std::string prefix_;
};

}  // namespace detail

/// Everything below `prefix` (for example "/llm"; "" for everything) goes to the gateway, as routes
/// of the server: routes added before this call win. The gateway must outlive the server's threads.
/// Such a route is a std::regex, which takes up to 600 bytes of the serving thread's stack per
/// character of the path: leave those threads their usual 8 MiB.
inline void mount(httplib::Server& server, Gateway& gateway, std::string prefix) {
  while (!prefix.empty() && prefix.back() == '/') {
    prefix.pop_back();
  }
  const std::string pattern = detail::quoted_for_regex(prefix) + "(/.*)?";
  const auto mounted = std::make_shared<const detail::Mounted>(gateway, std::move(prefix));
  const auto handler = [mounted](const httplib::Request& request, httplib::Response& response) {
    mounted->answer(request, response);
  };
  server.Get(pattern, handler);  // HEAD too
  server.Post(pattern, handler);
  server.Put(pattern, handler);
  server.Patch(pattern, handler);
  server.Delete(pattern, handler);
  server.Options(pattern, handler);
}

}  // namespace llmsnap
