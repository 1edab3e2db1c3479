#include "wire/kept_fields.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <numeric>

namespace llmsnap::wire {
namespace {

/// Heads are bounded far below.
using Sizes = std::array<std::uint32_t, 2>;

std::size_t room_for(const Field& field) {
  return sizeof(Sizes) + field.name.size() + field.value.size();
}

}  // namespace

void KeptFields::assign(std::span<const Field> fields) {
  block_.clear();
  block_.reserve(
      std::accumulate(fields.begin(), fields.end(), std::size_t{0},
                      [](std::size_t sum, const Field& field) { return sum + room_for(field); }));
  for (const Field& field : fields) {
    add(field);
  }
}

void KeptFields::add(const Field& field) {
  const Sizes sizes{static_cast<std::uint32_t>(field.name.size()),
                    static_cast<std::uint32_t>(field.value.size())};
  block_.append(reinterpret_cast<const char*>(sizes.data()), sizeof(sizes));
  block_.append(field.name).append(field.value);
}

Field KeptFields::Iterator::operator*() const {
  Sizes sizes{};
  std::memcpy(sizes.data(), at_, sizeof(sizes));
  const char* const name = at_ + sizeof(sizes);
  return {{name, sizes[0]}, {name + sizes[0], sizes[1]}};
}

KeptFields::Iterator& KeptFields::Iterator::operator++() {
  at_ += room_for(**this);
  return *this;
}

KeptFields::Iterator KeptFields::Iterator::operator++(int) {
  const Iterator before = *this;
  ++*this;
  return before;
}

std::string_view KeptFields::value_of(std::string_view name) const {
  for (const Field& field : *this) {
    if (same_name(field.name, name)) {
      return field.value;
    }
  }
  return {};
}

}  // namespace llmsnap::wire
