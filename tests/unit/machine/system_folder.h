// SystemFolder: a folder that stands for the root of a machine, with its /proc and /sys.
// Thread rule: a plain owner of files.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "machine/system_files.h"
#include "support/temporary_folder.h"

namespace llmsnap::machine {

class SystemFolder {
 public:
  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = folder_.path() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  /// `path` leads to the folder `to`, which is made.
  void link(const std::string& path, const std::string& to) const {
    const std::filesystem::path link = folder_.path() + path;
    std::filesystem::create_directories(link.parent_path());
    std::filesystem::create_directories(folder_.path() + to);
    std::filesystem::create_directory_symlink(folder_.path() + to, link);
  }
  SystemFiles files() const { return SystemFiles(folder_.path()); }

 private:
  test::TemporaryFolder folder_;
};

}  // namespace llmsnap::machine
