// A library that says it is NVIDIA's, with two GPUs: the second tells nothing that it need not.
#include <cstdint>
#include <cstring>

namespace {

constexpr int Success = 0;
constexpr int NotSupported = 3;

struct Memory {
  unsigned version;
  unsigned long long total, reserved, free, used;
};
struct Utilization {
  unsigned gpu, memory;
};
struct Pci {
  char short_address[16];
  unsigned domain, bus, device, device_id, subsystem_id;
  char address[32];
};

int number_of(void* device) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(device)) - 1;
}

int tell(void* device, unsigned* out, unsigned value) {
  *out = value;
  return number_of(device) == 0 ? Success : NotSupported;
}

}  // namespace

extern "C" {

int nvmlInit_v2() {
  return Success;
}
int nvmlShutdown() {
  return Success;
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return Success;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = reinterpret_cast<void*>(static_cast<std::intptr_t>(index) + 1);
  return Success;
}
int nvmlDeviceGetName(void*, char* text, unsigned size) {
  std::strncpy(text, "Fake GPU", size);
  return Success;
}
int nvmlDeviceGetUUID(void* device, char* text, unsigned size) {
  std::strncpy(text, number_of(device) == 0 ? "GPU-fake-0" : "GPU-fake-1", size);
  return Success;
}
int nvmlDeviceGetTemperature(void* device, unsigned, unsigned* celsius) {
  return tell(device, celsius, 50);
}
int nvmlDeviceGetUtilizationRates(void* device, Utilization* busy) {
  return tell(device, &busy->gpu, 75);
}
int nvmlDeviceGetMemoryInfo_v2(void*, Memory* memory) {
  if (memory->version != (sizeof(Memory) | 2U << 24U)) {
    return NotSupported;
  }
  memory->total = 10000;
  memory->reserved = 500;
  memory->free = 6500;
  memory->used = 3000;
  return Success;
}
int nvmlDeviceGetFanSpeed(void* device, unsigned* percent) {
  return tell(device, percent, 40);
}
int nvmlDeviceGetPowerUsage(void* device, unsigned* milliwatts) {
  return tell(device, milliwatts, 123500);
}
int nvmlDeviceGetEnforcedPowerLimit(void* device, unsigned* milliwatts) {
  return tell(device, milliwatts, 450000);
}
int nvmlDeviceGetPciInfo_v3(void*, Pci* pci) {
  pci->domain = 1;
  pci->bus = 0xc1;
  pci->device = 0;
  return Success;
}
int nvmlDeviceGetCudaComputeCapability(void*, int* major, int* minor) {
  *major = 8;
  *minor = 9;
  return Success;
}
int nvmlSystemGetDriverVersion(char* text, unsigned size) {
  std::strncpy(text, "550.54", size);
  return Success;
}
}
