#include "support/test_gateway.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace llmsnap::test {

void end_on_deep_stack(std::string_view log_line) {
  if (log_line.find("bytes of its stack") != std::string_view::npos) {
    std::cerr << log_line << std::endl;
    std::abort();
  }
}

GatewayOptions watched_options() {
  GatewayOptions options;
  options.log = [](LogLevel, std::string_view line) { end_on_deep_stack(line); };
  return options;
}

TestGateway::TestGateway(Config config, HttpServerOptions options,
                         const ProxyEnvironment& proxies) {
  GatewayOptions gateway_options;
  gateway_options.proxies = proxies;
  gateway_options.log = [this](LogLevel, std::string_view line) {
    end_on_deep_stack(line);
    {
      const MutexLock lock(mutex_);
      lines_.emplace_back(line);
    }
    changed_.notify_all();
  };
  gateway_ = std::make_unique<Gateway>(std::move(config), std::move(gateway_options));
  subscription_ = gateway_->on_request([this](const TrafficRecord& record) {
    {
      const MutexLock lock(mutex_);
      records_.push_back(record);
    }
    changed_.notify_all();
  });
  server_ = std::make_unique<HttpServer>(*gateway_, std::move(options));
  const Result<Address> address = server_->listen("127.0.0.1:0");
  if (!address) {
    throw std::runtime_error(address.error().message);
  }
  port_ = address->port;
}

std::vector<std::string> TestGateway::log_lines() const {
  const MutexLock lock(mutex_);
  return lines_;
}

bool TestGateway::wait_for_line(std::string_view beginning) {
  const auto deadline = std::chrono::steady_clock::now() + Patience;
  const MutexLock lock(mutex_);
  while (std::none_of(lines_.begin(), lines_.end(), [beginning](const std::string& line) {
    return line.starts_with(beginning);
  })) {
    if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
      return false;
    }
  }
  return true;
}

std::vector<TrafficRecord> TestGateway::wait_for_records(std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + Patience;
  const MutexLock lock(mutex_);
  while (records_.size() < count &&
         changed_.wait_until(mutex_, deadline) == std::cv_status::no_timeout) {
  }
  return records_;
}

ModelConfig served_at(const std::string& id, const std::string& url) {
  ModelConfig model;
  model.id = id;
  model.proxy = url;
  return model;
}

Config config_for(const std::string& url) {
  Config config;
  ModelConfig model;
  model.id = "m";
  model.proxy = url;
  config.models.emplace("m", model);
  config.io_threads = 2;
  config.shutdown_timeout = std::chrono::seconds(5);
  return config;
}

std::string chat_request(std::string_view body, std::string_view more_fields) {
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
         "application/json\r\n" +
         std::string(more_fields) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace llmsnap::test
