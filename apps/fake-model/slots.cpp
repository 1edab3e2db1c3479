#include "slots.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace fake_model {

std::shared_ptr<void> Slots::take() {
  auto free = std::find(in_work_.begin(), in_work_.end(), false);
  if (free == in_work_.end()) {
    free = in_work_.insert(free, false);
  }
  *free = true;
  const auto index = static_cast<std::size_t>(free - in_work_.begin());
  return {this, [index](void* slots) { static_cast<Slots*>(slots)->in_work_[index] = false; }};
}

std::string Slots::as_json() const {
  std::string text = "[";
  for (std::size_t i = 0; i < in_work_.size(); ++i) {
    fmt::format_to(std::back_inserter(text), R"({}{{"id":{},"is_processing":{}}})",
                   i == 0 ? "" : ",", i, static_cast<bool>(in_work_[i]));
  }
  return text + "]";
}

}  // namespace fake_model
