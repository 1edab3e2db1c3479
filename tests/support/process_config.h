// ProcessGateway: a gateway whose models are processes, fake-model with chosen faults, and what
// happened to them. Thread rule: as TestGateway; the questions from any thread.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "support/eventually.h"
#include "support/test_gateway.h"

namespace llmsnap::test {

/// The path of fake-model.
std::string fake_model();

/// A model with this command, which may hold `${PORT}`: a port that was free just now.
ModelConfig command_model(const std::string& id, const std::string& cmd);
/// The command is fake-model with these flags.
ModelConfig process_model(const std::string& id, const std::string& flags = {});

Config process_config(const std::vector<ModelConfig>& models);

/// The same, and all may run at once.
Config side_by_side(const std::vector<ModelConfig>& models);

/// A zombie counts as gone.
bool is_gone(pid_t pid);
bool goes_away(pid_t pid);

std::string chat_with(std::string_view model);
std::string stream_from(std::string_view model);
std::string post_to(std::string_view path);

/// What a manager told of its models, in order.
class ModelHistory {
 public:
  explicit ModelHistory(ProcessManager& manager);

  std::vector<ModelEvent> events() const;
  /// How often that model came into that state, as far as it is known: events come a little later.
  std::size_t count(std::string_view model, ModelState to) const;
  /// Whether it came into that state so often, and not more; waits until it has, if it has not yet.
  bool counts(std::string_view model, ModelState to, std::size_t wanted);
  /// The why of the last time that it did; empty if it did not.
  std::string last_why(std::string_view model, ModelState to) const;
  /// False after Patience.
  bool wait_for(std::string_view model, ModelState to, std::size_t wanted = 1);
  /// "a starting, a ready, ..."
  std::string in_words() const;
  /// Waits until it is that in words, for as long as it can still become so.
  bool becomes(const std::string& words) const;

 private:
  /// Waits until it holds, asked again after each event; false after Patience.
  bool comes_to(const std::function<bool()>& holds) const;

  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::vector<ModelEvent> events_ GUARDED_BY(mutex_);
  Subscription subscription_;
};

/// The number that stands behind the last "<word> " in what the model printed; waits for it.
pid_t printed_number(ProcessManager& manager, std::string_view model, const std::string& word);

class ProcessGateway : public TestGateway {
 public:
  explicit ProcessGateway(const std::vector<ModelConfig>& models)
      : ProcessGateway(process_config(models)) {}
  explicit ProcessGateway(const Config& config)
      : TestGateway(config), history_(gateway().processes()) {}

  ProcessManager& processes() { return gateway().processes(); }
  ModelHistory& history() { return history_; }

  ModelStatus status(std::string_view model = "m");
  /// Waits until it has one.
  pid_t pid(std::string_view model = "m");
  ReceivedAnswer chat(std::string_view model = "m") { return exchange(port(), chat_with(model)); }
  ReceivedAnswer unload(std::string_view model = "m");
  /// A client that has sent this and has not read.
  TestSocket client(std::string_view request);
  /// A client that has asked for a stream, and whose answer has begun.
  TestSocket begun_stream(std::string_view model = "m");
  bool has_logged(std::string_view part) const;

 private:
  ModelHistory history_;
};

}  // namespace llmsnap::test
