// KeptFields: header fields that outlive the buffer they were parsed from, in one block of memory:
// there are some twenty to each request, copied by one thread and freed by another.
// Thread rule: a plain value.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "wire/fields.h"

namespace llmsnap::wire {

class KeptFields {
 public:
  class Iterator {
   public:
    using value_type = Field;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(const char* at) : at_(at) {}
    Field operator*() const;
    Iterator& operator++();
    Iterator operator++(int);
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const char* at_ = nullptr;
  };

  KeptFields() = default;
  explicit KeptFields(std::span<const Field> fields) { assign(fields); }
  KeptFields(std::initializer_list<Field> fields) : KeptFields(std::span(fields)) {}

  /// Views into what is given must not be into this.
  void add(const Field& field);
  /// Others, in the same memory where they have room there.
  void assign(std::span<const Field> fields);
  void reserve(std::size_t bytes) { block_.reserve(bytes); }

  bool empty() const { return block_.empty(); }
  /// What all of them take.
  std::size_t bytes() const { return block_.size(); }
  std::size_t capacity() const { return block_.capacity(); }

  /// Fields are views into this, until it changes.
  Iterator begin() const { return Iterator(block_.data()); }
  Iterator end() const { return Iterator(block_.data() + block_.size()); }

  /// Of the first field of that name, in any case; empty: there is none.
  std::string_view value_of(std::string_view name) const;

  friend bool operator==(const KeptFields&, const KeptFields&) = default;

 private:
  std::string block_;  // of each field the two sizes, the name and the value
};

}  // namespace llmsnap::wire
