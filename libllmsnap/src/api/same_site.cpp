#include "api/same_site.h"

#include <string_view>

#include "base/ascii.h"
#include "wire/fields.h"

namespace llmsnap::api {
namespace {

bool is_of_host(std::string_view origin, std::string_view host) {
  const std::size_t scheme_end = origin.find("://");
  return scheme_end != std::string_view::npos &&
         ascii::equal_ignoring_case(origin.substr(scheme_end + 3), host);
}

}  // namespace

Result<void> refuse_other_sites(const wire::RequestHead& head) {
  const std::string_view site = wire::value_of(head.fields, "Sec-Fetch-Site");
  const std::string_view origin = wire::value_of(head.fields, "Origin");
  const bool other = site == "cross-site" || site == "same-site" ||
                     (!origin.empty() && !is_of_host(origin, wire::value_of(head.fields, "Host")));
  if (other) {
    return Error{ErrorCode::Forbidden,
                 "a page of another site must not start, stop or open anything here"};
  }
  return {};
}

bool is_shown_by_other_site(const wire::RequestHead& head) {
  const std::string_view site = wire::value_of(head.fields, "Sec-Fetch-Site");
  return (site == "cross-site" || site == "same-site") &&
         wire::value_of(head.fields, "Sec-Fetch-Mode") != "cors";
}

}  // namespace llmsnap::api
