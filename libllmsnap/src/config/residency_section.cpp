#include "config/residency_section.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "base/ascii.h"
#include "config/key_table.h"
#include "config/model_names.h"

namespace llmsnap {
namespace {

constexpr std::int64_t MaxInstances = 10'000;

/// Reads a list, or one, of names of models, as ids without repetitions; `unknown` is asked what is
/// to be done with each name that nobody has.
Result<void> read_models_list(
    const Field& field, const Config& config, std::vector<std::string>& out,
    const std::function<Result<void>(const Field& place, const std::string& why)>& unknown) {
  std::vector<std::string> listed;
  if (auto done = field.read(listed); !done) {
    return done;
  }
  const ModelNames names(config);
  const std::vector<Field> places = field.texts();
  AllDone done(field.diagnostics());
  for (std::size_t index = 0; index < listed.size(); ++index) {
    const std::string_view name = ascii::trimmed(listed[index], ascii::is_space);
    const std::string* id = names.id_of(name);
    if (id == nullptr && !name.empty()) {
      done.add(unknown(places[index], names.why_unknown(name)));
    } else if (id != nullptr && std::find(out.begin(), out.end(), *id) == out.end()) {
      out.push_back(*id);
    }
  }
  return done.result();
}

Result<void> read_preload(const Field& field, Config& out) {
  return read_models_list(field, out, out.preload,
                          [](const Field& place, const std::string& why) -> Result<void> {
                            place.warn(why + ", it is not loaded at the start");
                            return {};
                          });
}

Result<void> read_start_profile(const Field& field, Config&) {
  field.warn(
      "no effect in this version: no profile is active at the start, PUT /api/profiles/active "
      "chooses one");
  return {};
}

constexpr std::array<KeyRule<Config>, 2> StartupRules{{
    {"preload", read_preload},
    {"profile", read_start_profile},
}};

constexpr std::array<KeyRule<Config>, 1> HookRules{{
    {"on_startup",
     [](const Field& f, Config& c) { return read_section<Config>(f, StartupRules, c); }},
}};

}  // namespace

Result<void> read_hooks(const Field& section, Config& out) {
  return read_section<Config>(section, HookRules, out);
}

Result<void> read_idle(const Field& field, Config& out) {
  return read_models_list(
      field, out, out.idle,
      [](const Field& place, const std::string& why) -> Result<void> { return place.error(why); });
}

Result<void> read_max_loaded(const Field& field, Config& out) {
  std::int64_t count = 0;
  auto done = field.read_integer(count, {0, MaxInstances});
  if (done) {
    out.max_loaded = static_cast<std::size_t>(count);
  }
  return done;
}

}  // namespace llmsnap
