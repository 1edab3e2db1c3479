// Whether a request may come from a page of another site, which must not change anything here.
// Thread rule: pure.
#pragma once

#include "llmsnap/result.h"
#include "wire/request_head.h"

namespace llmsnap::api {

/// Forbidden where a browser says so: Sec-Fetch-Site, or an Origin that is not the Host. What is no
/// browser sends neither.
Result<void> refuse_other_sites(const wire::RequestHead& head);

/// True where a page of another site shows what it asks for (an image, a frame) or leads there: it
/// cannot read the answer, and no preflight has asked before.
bool is_shown_by_other_site(const wire::RequestHead& head);

}  // namespace llmsnap::api
