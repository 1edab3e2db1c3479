// SystemCertificates: what a gateway takes for the system's certificates while this lives.
// Thread rule: no other thread may read the environment while it is made or goes.
#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace llmsnap::test {

class SystemCertificates {
 public:
  explicit SystemCertificates(const std::string& file) {
    const char* before = std::getenv(Name);
    before_ = before == nullptr ? std::nullopt : std::optional<std::string>(before);
    ::setenv(Name, file.c_str(), 1);
  }
  ~SystemCertificates() {
    if (before_) {
      ::setenv(Name, before_->c_str(), 1);
    } else {
      ::unsetenv(Name);
    }
  }
  SystemCertificates(const SystemCertificates&) = delete;
  SystemCertificates& operator=(const SystemCertificates&) = delete;

 private:
  static constexpr const char* Name = "SSL_CERT_FILE";
  std::optional<std::string> before_;
};

}  // namespace llmsnap::test
