// Lesson: start, watch and stop the server of a model, without any HTTP of your own.
#include <llmsnap/process_manager.h>

#include <cstdio>
#include <string>

namespace {

int report(const llmsnap::Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

}  // namespace

// The command of a server that takes --port: `llama-server -m model.gguf`, for example.
int main(int argc, char** argv) {
  llmsnap::Config config;
  llmsnap::ModelConfig model;
  model.cmd = std::string(argc > 1 ? argv[1] : "llama-server") + " --port ${PORT}";
  model.proxy = "http://127.0.0.1:${PORT}";
  model.port = 5800;
  config.models["m"] = model;

  llmsnap::Subscription watch;  // outlives the manager, whose end delivers the last events
  llmsnap::ProcessManager manager(config);
  watch = manager.watch([](const llmsnap::ModelEvent& event) {
    std::printf("%s is %s: %s\n", event.model.c_str(),
                std::string(llmsnap::name_of(event.to)).c_str(), event.why.c_str());
  });

  // Blocks until its health check succeeds; if it cannot, the error holds its last output.
  if (const llmsnap::Result<void> started = manager.start("m"); !started) {
    return report(started.error());
  }
  for (const llmsnap::ModelStatus& status : manager.list()) {
    std::printf("%s: process %d on port %d\n", status.model.c_str(), status.pid, status.port);
  }
  if (const llmsnap::Result<std::string> output = manager.output("m")) {
    std::printf("it printed:\n%s", output->c_str());
  }
  // Blocks until the process, and all that it started, is gone. So does the manager's end.
  if (const llmsnap::Result<void> stopped = manager.stop("m"); !stopped) {
    return report(stopped.error());
  }
}
