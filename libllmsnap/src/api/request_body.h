// Request bodies: how a handler gets what the client sends, whole and within the limits.
// Thread rule: called on the request's fiber, which a slow client suspends.
#pragma once

#include <memory>

#include "api/byte_budget.h"
#include "api/call.h"
#include "api/spooled_body.h"
#include "base/padded_bytes.h"
#include "llmsnap/result.h"
#include "route/form_scan.h"
#include "route/json_scan.h"

namespace llmsnap::api {

/// A JSON body, always in memory, where a scanner may read behind its end.
struct JsonText {
  PaddedBytes bytes;
  ByteBudget::Share share;
};

/// What a head announces, against the limit of the route's kind of body; a chunked body announces
/// nothing.
Result<void> check_announced_length(const wire::RequestHead& head, const Limits& limits,
                                    BodyKind kind);

/// For routes with BodyKind::Json. The buffer grows with what arrives. Errors: BodyTooLarge,
/// Unavailable (limits.bodiesInFlight), or what the pull gave.
Result<JsonText> read_json(Call& call);

/// A JSON body that names a model.
struct NamedJson {
  JsonText text;
  route::BodyFacts facts;  ///< with a model
};

/// Errors: those of read_json, BadRequest (it is no JSON object, or names no model).
Result<NamedJson> read_named_json(Call& call);

struct Form {
  std::unique_ptr<BodySource> body;  ///< can be read again
  route::FormFacts facts;
};

/// For routes with BodyKind::Spooled: a form that names a model, multipart or (in memory, within
/// limits.jsonBody) URL-encoded. Errors: BadRequest as soon as it is seen to be none, and those of
/// read_spooled and read_json.
Result<Form> read_form(Call& call);

/// For routes with BodyKind::Spooled; null where the request has no body.
Result<std::unique_ptr<SpooledBody>> read_spooled(Call& call);

}  // namespace llmsnap::api
