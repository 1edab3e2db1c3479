#include "api/same_site.h"

#include <string_view>

#include "base/ascii.h"
#include "wire/fields.h"

namespace llmsnap::api {
namespace {

std::string_view value_of(const wire::RequestHead& head, std::string_view name) {
  const wire::Field* field = wire::find_field(head.fields, name);
  return field == nullptr ? std::string_view() : field->value;
}

bool is_of_host(std::string_view origin, std::string_view host) {
  const std::size_t scheme_end = origin.find("://");
  return scheme_end != std::string_view::npos &&
         ascii::equal_ignoring_case(origin.substr(scheme_end + 3), host);
}

}  // namespace

Result<void> refuse_other_sites(const wire::RequestHead& head) {
  const std::string_view site = value_of(head, "Sec-Fetch-Site");
  const std::string_view origin = value_of(head, "Origin");
  const bool other = site == "cross-site" || site == "same-site" ||
                     (!origin.empty() && !is_of_host(origin, value_of(head, "Host")));
  if (other) {
    return Error{ErrorCode::Forbidden,
                 "a page of another site must not start, stop or open anything here"};
  }
  return {};
}

bool is_shown_by_other_site(const wire::RequestHead& head) {
  const std::string_view site = value_of(head, "Sec-Fetch-Site");
  return (site == "cross-site" || site == "same-site") &&
         value_of(head, "Sec-Fetch-Mode") != "cors";
}

}  // namespace llmsnap::api
