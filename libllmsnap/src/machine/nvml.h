// Nvml: NVIDIA's library of measures, loaded when it is there and never linked. It opens no context
// on a GPU. Thread rule: one thread at a time; calls block as long as the driver takes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "machine/accelerator.h"
#include "machine/gpu_source.h"

namespace llmsnap::machine {

class Nvml final : public GpuSource {
 public:
  static constexpr const char* Library = "libnvidia-ml.so.1";

  /// Null: there is no such library, or it finds no driver.
  static std::unique_ptr<Nvml> open(const char* library = Library);
  ~Nvml() override;
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  std::optional<std::vector<GpuSample>> read() override;

  /// What the devices are.
  std::vector<Accelerator> accelerators();

 private:
  struct Functions;
  struct CloseLibrary {
    void operator()(void* library) const;
  };
  using LoadedLibrary = std::unique_ptr<void, CloseLibrary>;

  Nvml(LoadedLibrary library, std::unique_ptr<Functions> functions);

  const LoadedLibrary library_;
  const std::unique_ptr<Functions> functions_;
};

}  // namespace llmsnap::machine
