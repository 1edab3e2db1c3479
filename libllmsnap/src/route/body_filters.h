// filter_body: what a model's config changes in a JSON body that is forwarded to it.
// Thread rule: a pure function; the body must stay as it is until it returns, also across yields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/padded_bytes.h"
#include "llmsnap/model_config.h"
#include "llmsnap/result.h"
#include "route/json_scan.h"
#include "route/replacement.h"

namespace llmsnap::route {

/// The changes of one request, in the order in which they are made.
struct BodyChanges {
  std::string_view new_model = {};           ///< for `model`, where it is a string; empty = kept
  std::vector<std::string_view> taken = {};  ///< top-level keys that were for us; removed
  const FilterConfig* filters = nullptr;     ///< null = none
  std::string_view requested_model = {};     ///< chooses among set_params_by_id
  bool add_usage_option = false;  ///< a stream is to tell of usage; `filters` say nothing of it
};

/// For a SplicedBody of all of `body`: a byte order mark, too, is replaced by nothing. The body is
/// walked over only where `taken` or `filters` name something. `model` is changed by new_model
/// alone. Errors: those of edit_body.
Result<std::vector<Replacement>> filter_body(const PaddedBytes& body, const BodyFacts& facts,
                                             const BodyChanges& changes,
                                             const YieldFunction& yield);

}  // namespace llmsnap::route
