// ModelService: the models of the config behind one seam: who serves a name, and may I use it now.
// Thread rule: every method from any loop's fibers; acquire may suspend the calling fiber.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/url.h"
#include "llmsnap/config.h"
#include "llmsnap/model_state.h"
#include "llmsnap/result.h"
#include "route/usage_asking.h"
#include "schedule/control.h"
#include "schedule/keep_alive.h"
#include "wire/server_key.h"

namespace llmsnap {
class OutputLog;
}

namespace llmsnap::peer {
class Peer;
}

namespace llmsnap::route {

struct Selection;
class Waiter;

/// One model as the data path sees it; immutable, shared by requests and the service that replaces
/// it on reload.
struct Model {
  ModelConfig config;
  Url url;  ///< proxy_url(config), parsed
  /// Null where the server runs by itself. The other owners: the control thread, other tables.
  schedule::Handle instance = nullptr;
  /// Whose model it is; null for one of our own config. Its `config` is made of what the config
  /// says of the peer. The other owners: the table, the watch.
  std::shared_ptr<peer::Peer> peer = nullptr;
  /// Requests in work at a server that runs by itself, those that count. The other owner: the same
  /// model of the next config.
  std::shared_ptr<std::atomic<std::size_t>> in_work = std::make_shared<std::atomic<std::size_t>>(0);
  wire::ServerKey key = wire::ServerKey();  ///< config.api_key
  /// What requests to it have learnt; a new config begins anew. The other owners: copies of this.
  std::shared_ptr<UsageAsking> usage_asking = std::make_shared<UsageAsking>(config);
};

enum class Answered { Well, Badly };

/// Whether a request counts: for the model's limit and its ttl, and to be waited for when it goes.
enum class Counting { Counted, Uncounted };

/// The right to send one request to a ready model; held until the answer has ended.
class Lease {
 public:
  virtual ~Lease() = default;
  virtual const Model& model() const = 0;
  /// Where its server listens now.
  virtual const Url& url() const { return model().url; }
  /// How the request to that target was answered, at most once; not said where the client or the
  /// gateway broke it off.
  virtual void answered(Answered /*how*/, std::string_view /*target*/) {}
  /// False once the model may have gone, as it may where the request does not count. Asked when
  /// there is a connection: if it holds then, the other end is the model.
  virtual bool holds() const { return true; }
  /// Why the model was told to stop since the lease was given; nothing where it was not. Asked when
  /// the request broke.
  virtual std::optional<std::string> told_to_stop() const { return std::nullopt; }
};

class ModelService {
 public:
  virtual ~ModelService() = default;

  /// By id, else by alias, else as a peer's model: by its qualified name, else by its bare one.
  /// Null when nobody has that name. shared_ptr: the table and the request.
  virtual std::shared_ptr<const Model> find(std::string_view name) const = 0;

  /// What the name of a selector stands for, or a bare name of which several peers have a model;
  /// null for all other names. A model of our own config comes before both.
  virtual std::shared_ptr<const Selection> selection(std::string_view name) const = 0;

  /// All models, those of peers among them, sorted by id.
  virtual std::vector<std::shared_ptr<const Model>> list() const = 0;

  /// Those that a new config has replaced, or has no more, until their processes are gone: for
  /// status and unload.
  virtual std::vector<std::shared_ptr<const Model>> leaving() const = 0;

  /// True if acquire would answer without a load; of a peer's model, if the peer has said so.
  virtual bool is_ready(const Model& model) const = 0;

  /// Waits until the model may be used. Errors say why not, or what the waiter said. Null: nobody
  /// wants to know how it goes. `since`: when the request began to wait, for this model or another.
  virtual Result<std::unique_ptr<Lease>> acquire(const std::shared_ptr<const Model>& model,
                                                 SteadyClock::time_point since, Waiter* waiter) = 0;

  /// The same where the model is ready; else null at once, and nothing is started or woken.
  virtual Result<std::unique_ptr<Lease>> acquire_ready(const std::shared_ptr<const Model>& model,
                                                       Counting counting) = 0;

  /// How its process stands; nothing where the server runs by itself.
  virtual std::optional<ModelStatus> status(const Model& model) const = 0;

  /// What its processes print; null where the server runs by itself.
  virtual std::shared_ptr<OutputLog> output(const Model& model) const = 0;

  /// An operator's wish, for a model that has a process: suspends until it is ready, or says why it
  /// is not.
  virtual Result<void> load(const Model& model) = 0;

  /// The same without waiting: how it goes is seen in its state and told by the log.
  virtual void begin_load(const Model& model) = 0;

  /// An operator's wish: suspends until it sleeps, or says why it does not. Error: Conflict.
  virtual Result<void> sleep(const Model& model) = 0;

  /// A request names how long the model shall stay once it is idle, until another one does.
  virtual void keep_alive(const Model& model, const schedule::KeepAlive& keep_alive) = 0;

  /// The latest changes of models' states with their reasons, oldest first.
  virtual std::vector<ModelEvent> decisions() const = 0;

  /// Stops those that have a process, all at once, and suspends until they are gone.
  virtual Result<void> unload(const std::vector<std::shared_ptr<const Model>>& models) = 0;
};

}  // namespace llmsnap::route
