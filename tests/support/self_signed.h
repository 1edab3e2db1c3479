// SelfSigned: a certificate and its key in a temporary folder, for tests.
// Thread rule: a plain owner of files.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace llmsnap::test {

class SelfSigned {
 public:
  /// `names`: whom it is for, as OpenSSL spells them.
  explicit SelfSigned(const std::string& names = "DNS:localhost,IP:127.0.0.1") {
    std::string pattern = "/tmp/llmsnap-tls-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("no temporary folder");
    }
    folder_ = pattern;
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=" +
        names + " -keyout " + key_file() + " -out " + certificate_file() + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) {
      throw std::runtime_error("openssl made no certificate");
    }
  }
  ~SelfSigned() {
    ::unlink(key_file().c_str());
    ::unlink(certificate_file().c_str());
    ::rmdir(folder_.c_str());
  }
  SelfSigned(const SelfSigned&) = delete;
  SelfSigned& operator=(const SelfSigned&) = delete;

  std::string certificate_file() const { return folder_ + "/cert.pem"; }
  std::string key_file() const { return folder_ + "/key.pem"; }

 private:
  std::string folder_;
};

}  // namespace llmsnap::test
