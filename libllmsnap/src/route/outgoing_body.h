// OutgoingBody: a request's body and target as the server of one model gets them: filtered, and
// with the name that the server knows. Thread rule: the request's fiber, which it may let wait.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "route/model_service.h"
#include "route/renamed_body.h"
#include "route/spliced_body.h"
#include "route/usage_asking.h"

namespace llmsnap::route {

struct ForwardRequest;

class OutgoingBody {
 public:
  OutgoingBody() = default;
  OutgoingBody(const OutgoingBody&) = delete;
  OutgoingBody& operator=(const OutgoingBody&) = delete;

  /// Once. `name`: the one that the request goes on under. The request, whose body is at its start
  /// or may be read again, must outlive this. Errors: BadRequest (a filter finds no place).
  Result<void> prepare(const Model& model, const ForwardRequest& request, const std::string& name,
                       UsageWish wish);

  /// Null: the request has no body.
  BodySource* source() { return source_; }

  /// The request's own, unless its query names the model by another name.
  std::string_view target() const { return target_; }

 private:
  Result<void> prepare_form(const Model& model, const ForwardRequest& request,
                            const std::string& name);

  std::string new_name_;
  std::string new_target_;
  std::string_view target_;
  std::optional<SplicedBody> json_;
  std::optional<RenamedBody> form_;
  BodySource* source_ = nullptr;
};

}  // namespace llmsnap::route
