// Lesson: load and check a config file, and read what it resolved to.
//
//   010-load-a-config config.yaml
#include <llmsnap/config.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CONFIG\n", argv[0]);
    return 2;
  }
  const llmsnap::Result<llmsnap::Config> config = llmsnap::load_config(argv[1]);
  if (!config) {
    // Names file, line and key; nothing of the file is used.
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return 1;
  }
  for (const std::string& warning : config->warnings) {
    std::printf("warning: %s\n", warning.c_str());
  }
  for (const auto& [id, model] : config->models) {
    std::printf("%s is served at %s", id.c_str(), llmsnap::proxy_url(model).c_str());
    for (const std::string& alias : model.aliases) {
      std::printf(", also known as %s", alias.c_str());
    }
    std::printf("\n");
  }
}
