// ServiceManager: tells the service manager (systemd) how this program stands, by the socket that
// NOTIFY_SOCKET names. Thread rule: main's thread. Never waits, and never fails the program.
#pragma once

#include <string>
#include <string_view>

namespace llmsnapd {

class ServiceManager {
 public:
  /// Nobody is told anything.
  ServiceManager() = default;
  /// `address`: a path, or an abstract name behind `@`.
  explicit ServiceManager(std::string address) : address_(std::move(address)) {}

  /// By NOTIFY_SOCKET, which is taken out of the environment: models must not speak for us. Before
  /// there are other threads.
  static ServiceManager from_environment();

  void ready(std::string_view status) const;
  void reloading() const;
  void stopping(std::string_view status) const;

 private:
  void tell(const std::string& message) const;

  std::string address_;
};

}  // namespace llmsnapd
