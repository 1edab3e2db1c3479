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

  /// Where a server repeats its key in what it says.
  void hide_in(std::string& text) const {
    for (std::size_t at = 0; !key_.empty() && (at = text.find(key_, at)) != text.npos;) {
      text.replace(at, key_.size(), Hidden);
      at += Hidden.size();
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

  std::string key_;
  std::string authorization_;
};

}  // namespace llmsnap::wire
