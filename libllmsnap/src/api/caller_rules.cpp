#include "api/caller_rules.h"

#include <fmt/format.h>

#include "api/call.h"
#include "api/handlers.h"
#include "base/escape.h"
#include "wire/fields.h"

namespace llmsnap::api {
namespace {

bool has(const KeyRoles& roles, Role role) {
  switch (role) {
    case Role::Open:
      return true;
    case Role::Infer:
      return roles.infer;
    case Role::Operate:
      return roles.operate;
    case Role::Admin:
      return roles.admin;
  }
  return false;
}

bool changes_something(const Route& route, std::string_view method) {
  return (route.role == Role::Operate || route.role == Role::Admin) &&
         ((method != "GET" && method != "HEAD") || route.handler == unload_for_scripts);
}

/// A page asks, not the user who has typed the address.
bool is_of_page(const wire::RequestHead& head) {
  const std::string_view site = wire::value_of(head.fields, "Sec-Fetch-Site");
  return (!site.empty() && site != "none") || wire::find_field(head.fields, "Origin") != nullptr;
}

Result<void> refuse_page(const Caller& caller, const wire::RequestHead& head) {
  if (!caller.by_basic || !is_of_page(head)) {
    return {};
  }
  return Error{ErrorCode::Forbidden,
               "what a browser sends by itself is not enough to change something here: a page must "
               "send the key as Authorization: Bearer or x-api-key"};
}

}  // namespace

Result<void> check_role(const Caller& caller, Role role) {
  if (has(caller.roles, role)) {
    return {};
  }
  return Error{ErrorCode::Forbidden,
               fmt::format("the key \"{}\" lacks the role {}, which this needs",
                           escaped(caller.key_name), name_of(role))};
}

Result<void> check_browser(const Caller& caller, const Route& route,
                           const wire::RequestHead& head) {
  return changes_something(route, head.method) ? refuse_page(caller, head) : Result<void>();
}

Result<void> check_caller(const Call& call, Role role) {
  const auto caller = call.settings.keys.check(call.request.head.fields);
  if (!caller) {
    return caller.error();
  }
  if (auto allowed = check_role(*caller, role); !allowed) {
    return allowed;
  }
  return role == Role::Admin ? refuse_page(*caller, call.request.head) : Result<void>();
}

}  // namespace llmsnap::api
