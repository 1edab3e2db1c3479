// ServiceManager: tells the service manager (systemd) how this program stands, by the socket that
// NOTIFY_SOCKET names. Thread rule: any thread; nothing is told behind `stopping`. Never waits, and
// never fails the program.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

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
  enum class Last { No, Yes };
  void tell(const std::string& message, Last last = Last::No) const;
  void send(const std::string& message) const;

  const std::string address_;
  mutable std::mutex mutex_;  // held while a message is sent, which never waits: they keep an order
  mutable bool last_is_told_ = false;
};

}  // namespace llmsnapd
