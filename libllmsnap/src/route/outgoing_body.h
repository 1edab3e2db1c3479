// OutgoingBody: a request's body as the server of one model gets it: filtered, and with the name
// that the server knows. Thread rule: belongs to the request's fiber, which it may let wait.
#pragma once

#include <optional>
#include <string>

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

 private:
  Result<void> prepare_form(const Model& model, const ForwardRequest& request,
                            const std::string& name);

  std::string new_name_;
  std::optional<SplicedBody> json_;
  std::optional<RenamedBody> form_;
  BodySource* source_ = nullptr;
};

}  // namespace llmsnap::route
