// BodyAsSent: lets a handler of cpp-httplib with a content reader read a body byte for byte;
// llmsnap/httplib.h uses it. Thread rule: the thread that the request is served on.
#pragma once

#include <httplib.h>

#include <utility>

namespace llmsnap::detail {

/// For as long as it lives the request has no field that the library would read the body by: a form
/// would be taken apart, what is compressed would be inflated. The library's request is not const,
/// but for its handlers.
class BodyAsSent {
 public:
  explicit BodyAsSent(const httplib::Request& request)
      : fields_(const_cast<httplib::Request&>(request).headers) {
    for (const char* name : {"Content-Type", "Content-Encoding"}) {
      for (auto field = fields_.extract(name); field; field = fields_.extract(name)) {
        hidden_.insert(std::move(field));
      }
    }
  }
  ~BodyAsSent() { fields_.merge(hidden_); }
  BodyAsSent(const BodyAsSent&) = delete;
  BodyAsSent& operator=(const BodyAsSent&) = delete;

 private:
  httplib::Headers& fields_;
  httplib::Headers hidden_;
};

}  // namespace llmsnap::detail
