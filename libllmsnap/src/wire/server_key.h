// ServerKey: the key that a server which we ask wants to see, never a client's.
// Thread rule: immutable; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "wire/fields.h"

namespace llmsnap::wire {

class ServerKey {
 public:
  /// Empty: the server wants none.
  explicit ServerKey(std::string key = {})
      : key_(std::move(key)), authorization_(key_.empty() ? "" : "Bearer " + key_) {}

  bool empty() const { return key_.empty(); }

  /// Where a server repeats its key in what it says.
  void hide_in(std::string& text) const {
    for (std::size_t at = 0; !key_.empty() && (at = text.find(key_, at)) != text.npos;) {
      text.replace(at, key_.size(), Hidden);
      at += Hidden.size();
    }
  }

  /// Of a text that was cut: the beginning of the key that it may end with, too.
  void hide_in_cut(std::string& text) const {
    hide_in(text);
    for (std::size_t size = key_.empty() ? 0 : key_.size() - 1; size >= LeastTold; --size) {
      if (text.ends_with(std::string_view(key_).substr(0, size))) {
        text.replace(text.size() - size, size, Hidden);
        return;
      }
    }
  }

  /// Of the two fields in which servers look for a key both; nothing where there is none. The
  /// fields must not outlive this.
  void add_to(Fields& fields) const {
    if (!key_.empty()) {
      fields.push_back({"Authorization", authorization_});
      fields.push_back({"X-Api-Key", key_});
    }
  }

 private:
  static constexpr std::string_view Hidden = "***";
  static constexpr std::size_t LeastTold = 4;  // fewer letters tell nothing

  std::string key_;
  std::string authorization_;
};

}  // namespace llmsnap::wire
