// mount: serves a gateway inside an application's own httplib::Server, compiled with the
// application's copy. Thread rule: mount before the server listens; requests then run on that
// server's threads.
#pragma once

#include <httplib.h>

#include <memory>
#include <string>
#include <utility>

#include "llmsnap/body_as_sent.h"
#include "llmsnap/gateway.h"
#include "llmsnap/mounted_prefix.h"

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

/// One mounted gateway: what its handlers share.
class Mounted {
 public:
  Mounted(Gateway& gateway, MountedPrefix prefix) : gateway_(gateway), prefix_(std::move(prefix)) {}

  /// The library has read the body.
  void answer(const httplib::Request& request, httplib::Response& response) const {
    answer(request, request.body, response);
  }

  /// It is to be read, also where it is not wanted: the next request begins behind it.
  void answer_upload(const httplib::Request& request, const httplib::ContentReader& read,
                     httplib::Response& response) const {
    std::string body;
    // Without either of them there is none, and old versions would wait for the connection's end.
    if (request.has_header("Content-Length") || request.has_header("Transfer-Encoding")) {
      const BodyAsSent as_sent(request);
      const bool is_whole = read([&body](const char* bytes, std::size_t count) {
        body.append(bytes, count);
        return true;
      });
      if (!is_whole) {
        response.status = response.status >= 400 ? response.status : 400;
        response.set_header("Connection", "close");
        return;
      }
    }
    answer(request, std::move(body), response);
  }

 private:
  void answer(const httplib::Request& request, std::string body,
              httplib::Response& response) const {
    const std::size_t below = prefix_.length_in(request.target);
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
    forwarded.body = std::move(body);
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
  const MountedPrefix prefix_;
};

/// Where forms and other uploads may go, behind the prefix: these bodies are taken as they are
/// sent.
inline constexpr const char* Uploads =
    "(/upstream/.*|/comfyui(/.*)?|/v1/audio/transcriptions|/v1/images/edits)";

}  // namespace detail

/// Everything below `prefix` (for example "/llm"; "" for everything) goes to the gateway, as routes
/// of the server: routes added before this call win, but at the paths of uploads, where those with
/// a content reader come first. The gateway must outlive the server's threads. Such a route is a
/// std::regex, which takes up to 600 bytes of the serving thread's stack per character of the path:
/// leave those threads their usual 8 MiB.
inline void mount(httplib::Server& server, Gateway& gateway, std::string prefix) {
  while (!prefix.empty() && prefix.back() == '/') {
    prefix.pop_back();
  }
  const detail::MountedPrefix below(std::move(prefix));
  const auto mounted = std::make_shared<const detail::Mounted>(gateway, below);
  const auto upload = [mounted](const httplib::Request& request, httplib::Response& response,
                                const httplib::ContentReader& read) {
    mounted->answer_upload(request, read, response);
  };
  const std::string uploads = below.regex() + detail::Uploads;
  server.Post(uploads, upload);
  server.Put(uploads, upload);
  server.Patch(uploads, upload);
  server.Delete(uploads, upload);
  const auto handler = [mounted](const httplib::Request& request, httplib::Response& response) {
    mounted->answer(request, response);
  };
  const std::string pattern = below.regex() + "(/.*)?";
  server.Get(pattern, handler);  // HEAD too
  server.Post(pattern, handler);
  server.Put(pattern, handler);
  server.Patch(pattern, handler);
  server.Delete(pattern, handler);
  server.Options(pattern, handler);
}

}  // namespace llmsnap
