#include "support/process_config.h"

#include <algorithm>
#include <iostream>
#include <thread>

#include "process/free_port.h"
#include "process/pidfd.h"
#include "process/proc_files.h"

namespace llmsnap::test {

std::string fake_model() {
  return FAKE_MODEL;
}

ModelConfig command_model(const std::string& id, const std::string& cmd) {
  ModelConfig model;
  model.id = id;
  model.cmd = cmd;
  model.proxy = "http://127.0.0.1:${PORT}";
  model.port = process::free_port();
  return model;
}

ModelConfig process_model(const std::string& id, const std::string& flags) {
  return command_model(id, fake_model() + " --port ${PORT} --name " + id + " " + flags);
}

Config process_config(const std::vector<ModelConfig>& models) {
  Config config;
  for (const ModelConfig& model : models) {
    config.models.emplace(model.id, model);
  }
  config.io_threads = 2;
  config.shutdown_timeout = std::chrono::seconds(5);
  return config;
}

Config side_by_side(const std::vector<ModelConfig>& models) {
  Config config = process_config(models);
  GroupConfig group;
  group.name = "all";
  group.swap = false;
  for (const ModelConfig& model : models) {
    group.members.push_back(model.id);
  }
  config.groups = {group};
  return config;
}

bool is_gone(pid_t pid) {
  const auto stat = process::process_stat(pid);
  return !stat || !stat->alive();
}

bool goes_away(pid_t pid) {
  const UniqueFd pidfd = process::open_pidfd(pid);
  return !pidfd || process::await_exit(pidfd, Patience);
}

std::string chat_with(std::string_view model) {
  return chat_request(R"({"model":")" + std::string(model) + R"(","messages":[]})");
}

std::string stream_from(std::string_view model) {
  return chat_request(R"({"model":")" + std::string(model) + R"(","messages":[],"stream":true})");
}

std::string post_to(std::string_view path) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
}

ModelHistory::ModelHistory(ProcessManager& manager) {
  subscription_ = manager.watch([this](const ModelEvent& event) {
    {
      const MutexLock lock(mutex_);
      events_.push_back(event);
    }
    changed_.notify_all();
  });
}

bool ModelHistory::comes_to(const std::function<bool()>& holds) const {
  const auto deadline = std::chrono::steady_clock::now() + Patience;
  std::size_t seen = 0;
  while (!holds()) {
    const MutexLock lock(mutex_);
    while (events_.size() == seen) {
      if (std::chrono::steady_clock::now() >= deadline) {
        return false;
      }
      changed_.wait_until(mutex_, deadline);
    }
    seen = events_.size();
  }
  return true;
}

std::vector<ModelEvent> ModelHistory::events() const {
  const MutexLock lock(mutex_);
  return events_;
}

std::size_t ModelHistory::count(std::string_view model, ModelState to) const {
  const std::vector<ModelEvent> all = events();
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(),
      [model, to](const ModelEvent& event) { return event.model == model && event.to == to; }));
}

bool ModelHistory::counts(std::string_view model, ModelState to, std::size_t wanted) {
  return wait_for(model, to, wanted) && count(model, to) == wanted;
}

std::string ModelHistory::last_why(std::string_view model, ModelState to) const {
  std::string why;
  for (const ModelEvent& event : events()) {
    if (event.model == model && event.to == to) {
      why = event.why;
    }
  }
  return why;
}

bool ModelHistory::wait_for(std::string_view model, ModelState to, std::size_t wanted) {
  return comes_to([this, model, to, wanted] { return count(model, to) >= wanted; });
}

std::string ModelHistory::in_words() const {
  std::string words;
  for (const ModelEvent& event : events()) {
    words += (words.empty() ? "" : ", ") + event.model + " " + std::string(name_of(event.to));
  }
  return words;
}

bool ModelHistory::becomes(const std::string& words) const {
  comes_to([this, &words] {
    const std::string now = in_words();
    return now == words || !words.starts_with(now);
  });
  const std::string now = in_words();
  if (now != words) {
    std::cerr << "the history was: " << now << std::endl;
  }
  return now == words;
}

pid_t printed_number(ProcessManager& manager, std::string_view model, const std::string& word) {
  pid_t number = -1;
  eventually([&manager, &number, model, &word] {
    const std::string output = manager.output(model).value();
    const std::size_t at = output.rfind(word + " ");
    if (at == std::string::npos || output.find('\n', at) == std::string::npos) {
      return false;
    }
    number = std::stoi(output.substr(at + word.size() + 1));
    return true;
  });
  return number;
}

ModelStatus ProcessGateway::status(std::string_view model) {
  for (ModelStatus& status : processes().list()) {
    if (status.model == model) {
      return std::move(status);
    }
  }
  return {};
}

pid_t ProcessGateway::pid(std::string_view model) {
  pid_t pid = 0;
  eventually([this, model, &pid] {
    pid = status(model).pid;
    return pid != 0;
  });
  return pid;
}

ReceivedAnswer ProcessGateway::unload(std::string_view model) {
  return exchange(port(), post_to("/api/models/unload/" + std::string(model)));
}

TestSocket ProcessGateway::client(std::string_view request) {
  TestSocket socket = TestSocket::connect(port());
  socket.send(request);
  return socket;
}

TestSocket ProcessGateway::begun_stream(std::string_view model) {
  TestSocket socket = client(stream_from(model));
  socket.put_back(socket.receive_until("data: "));
  return socket;
}

bool ProcessGateway::has_logged(std::string_view part) const {
  const std::vector<std::string> lines = log_lines();
  return std::any_of(lines.begin(), lines.end(), [part](const std::string& line) {
    return line.find(part) != std::string::npos;
  });
}

}  // namespace llmsnap::test
