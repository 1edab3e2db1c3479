#pragma once
// Which requests are in work, as llama.cpp's server tells it: a test can see that one has ended.
// One thread.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace fake_model {

class Slots {
 public:
  // The slot is in work until the last copy of what this gives is gone, which must be before this.
  std::shared_ptr<void> take();

  // At least one, like a real server.
  std::size_t count() const { return in_work_.size(); }

  std::string as_json() const;

 private:
  std::vector<bool> in_work_ = {false};
};

}  // namespace fake_model
