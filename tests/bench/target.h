#pragma once
// Something that is measured: the fake upstream itself, nginx, llmsnapd, or a gateway that somebody
// else runs. Main thread only.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "child_process.h"
#include "fake_upstream.h"
#include "outcome.h"

namespace bench {

// Not a secret.
inline constexpr std::string_view BenchKey = "sk-bench-0123456789abcdef0123456789abcdef";

class Target {
 public:
  // How to start a gateway of ours: its command for a given port, and the files it reads.
  struct Recipe {
    std::function<std::vector<std::string>(std::uint16_t port, const TemporaryDirectory&)> prepare;
  };

  static Target direct(const FakeUpstream& upstream);
  static Target nginx(const FakeUpstream& upstream);
  static Target llmsnapd(const FakeUpstream& upstream, const std::string& program,
                         const std::string& model);
  // A llmsnapd that also has the models `a` and `b`, of which one runs at a time; their program
  // listens so long after its exec.
  static Target starter(const FakeUpstream& upstream, const std::string& program,
                        const std::string& model, int delay_ms);
  // A llmsnapd that also has so many models, `model-0` and on, with a process each, that may all
  // be there at once.
  static Target crew(const FakeUpstream& upstream, const std::string& program,
                     const std::string& model, std::size_t models);
  // One that keeps all that can be kept, and asks for BenchKey; one that keeps as little as can be.
  static Target seeing(const FakeUpstream& upstream, const std::string& program,
                       const std::string& model);
  static Target blind(const FakeUpstream& upstream, const std::string& program,
                      const std::string& model);
  static Target external(std::string name, Endpoint endpoint, pid_t pid);

  static constexpr std::string_view Llmsnapd = "llmsnapd";

  const std::string& name() const { return name_; }
  // One line for the head of the report.
  const std::string& version() const { return version_; }
  const Endpoint& endpoint() const { return endpoint_; }

  // Why it cannot be measured, if so.
  const std::optional<std::string>& absence() const { return absence_; }

  // Ends it and starts it anew, if it is ours to start. The value is the time until it listened,
  // in ms; nothing for a target that somebody else started.
  Outcome<std::optional<double>> restart();

  // The processes whose CPU and memory count.
  std::vector<pid_t> processes() const;

 private:
  std::string fake_model_of(const std::string& program);
  explicit Target(std::string name) : name_(std::move(name)) {}

  std::string name_;
  std::string version_;
  std::optional<std::string> absence_;
  Endpoint endpoint_;
  pid_t pid_ = -1;  // of a process that is not ours to end
  std::optional<Recipe> recipe_;
  std::unique_ptr<TemporaryDirectory> directory_;
  std::optional<ChildProcess> child_;
};

}  // namespace bench
