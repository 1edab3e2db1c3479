#include "wire/request_target.h"

#include <algorithm>
#include <cstddef>

#include "wire/authority.h"
#include "wire/fields.h"
#include "wire/grammar.h"

namespace llmsnap::wire {
namespace {

Error bad(const char* why) {
  return Error{ErrorCode::BadRequest, why};
}

/// Every `%` begins an escape; %00 is one only in a query, where escaped bytes are data.
bool valid_escapes(std::string_view text, bool zero_allowed) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    if (text.size() - at < 3 || !grammar::is(text[at + 1], grammar::Hex) ||
        !grammar::is(text[at + 2], grammar::Hex)) {
      return false;
    }
    if (!zero_allowed && text[at + 1] == '0' && text[at + 2] == '0') {
      return false;
    }
  }
  return true;
}

/// Takes `scheme://authority` off the front of `text`.
Result<std::string_view> take_authority(std::string_view& text) {
  const std::size_t colon = text.find("://");
  const std::string_view scheme = text.substr(0, colon);
  if (colon == std::string_view::npos ||
      !(same_name(scheme, "http") || same_name(scheme, "https"))) {
    return bad("the request target is neither a path nor an http URL");
  }
  text.remove_prefix(colon + 3);
  const std::string_view authority = text.substr(0, text.find_first_of("/?"));
  if (!valid_authority(authority)) {
    return bad("the request target names no valid host");
  }
  text.remove_prefix(authority.size());
  return authority;
}

}  // namespace

Result<RequestTarget> parse_request_target(std::string_view method, std::string_view target) {
  RequestTarget parsed;
  if (target.empty()) {
    return bad("the request target is empty");
  }
  if (target.front() != '/' && target != "*") {
    Result<std::string_view> authority = take_authority(target);
    if (!authority) {
      return authority.error();
    }
    parsed.authority = *authority;
    if (target.empty()) {
      target = method == "OPTIONS" ? "*" : "/";
    }
    if (target.front() == '?') {
      return bad("the request target is a URL with a query but no path");
    }
  }
  parsed.target = target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  parsed.path = target.substr(0, mark);
  parsed.query = target.substr(std::min(mark + 1, target.size()));
  if (target == "*") {
    return method == "OPTIONS" ? Result(parsed) : bad("only OPTIONS may ask for an asterisk");
  }
  if (!grammar::all(parsed.path, grammar::Path) || !grammar::all(parsed.query, grammar::Query)) {
    return bad("the request target holds a byte that must be escaped");
  }
  if (!valid_escapes(parsed.path, false) || !valid_escapes(parsed.query, true)) {
    return bad("the request target holds an invalid escape");
  }
  return parsed;
}

}  // namespace llmsnap::wire
