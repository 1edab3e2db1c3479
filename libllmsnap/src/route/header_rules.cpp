#include "route/header_rules.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/ascii.h"

namespace llmsnap::route {
namespace {

/// A field's name as a server may read it: CGI and WSGI make no difference between `X_Api_Key` and
/// `X-Api-Key`, so neither do we where a field must not arrive.
bool reads_as(std::string_view name, std::string_view rule) {
  return name.size() == rule.size() &&
         std::equal(name.begin(), name.end(), rule.begin(), [](char c, char expected) {
           return (c == '_' ? '-' : ascii::to_lower(c)) == expected;
         });
}

/// Rules are lower case; one that ends in a dash stands for all names that begin with it.
bool matches(std::string_view name, std::span<const std::string_view> rules) {
  return std::any_of(rules.begin(), rules.end(), [name](std::string_view rule) {
    return reads_as(rule.back() == '-' ? name.substr(0, rule.size()) : name, rule);
  });
}

constexpr std::array<std::string_view, 8> HopByHop = {
    "connection", "keep-alive",        "proxy-",  "te",
    "trailer",    "transfer-encoding", "upgrade", "http2-settings"};

constexpr std::array<std::string_view, 3> Credentials = {"authorization", "proxy-authorization",
                                                         "x-api-key"};

constexpr std::array<std::string_view, 4> NotToModels = {"expect", "content-length", "forwarded",
                                                         "x-forwarded-"};

constexpr std::array<std::string_view, 6> NotToClients = {
    "content-length",        "date", "x-request-id", "strict-transport-security", "clear-site-data",
    "service-worker-allowed"};

/// What Connection cannot take away: these say where the message goes and which way it came.
constexpr std::array<std::string_view, 2> NeverNominated = {"host", "via"};

constexpr std::array<std::string_view, 1> RequestCookies = {"cookie"};
constexpr std::array<std::string_view, 2> ResponseCookies = {"set-cookie", "set-cookie2"};

/// True if a Connection field names this one.
bool nominated(std::string_view name, std::span<const wire::Field> fields) {
  return !matches(name, NeverNominated) &&
         std::any_of(fields.begin(), fields.end(), [name](const wire::Field& field) {
           return wire::same_name(field.name, "connection") &&
                  wire::list_contains(field.value, name);
         });
}

bool is_event_stream(std::span<const wire::Field> fields) {
  constexpr std::string_view EventStream = "text/event-stream";
  return ascii::contains_ignoring_case(wire::value_of(fields, "content-type"), EventStream);
}

/// All values of that name as one list.
std::string joined_values(std::span<const wire::Field> fields, std::string_view name) {
  std::string list;
  for (const wire::Field& field : fields) {
    if (wire::same_name(field.name, name) && !field.value.empty()) {
      list.append(list.empty() ? "" : ", ").append(field.value);
    }
  }
  return list;
}

/// What a trusted proxy said, else what we see.
std::string_view believed(const wire::RequestHead& head, const ClientConnection& client,
                          std::string_view name, std::string_view seen) {
  const std::string_view said =
      client.trusted_proxy ? wire::value_of(head.fields, name) : std::string_view();
  return said.empty() ? seen : said;
}

enum class ClientsHost { Sent, Replaced };

void add_end_to_end(const wire::RequestHead& head, Cookies cookies, ClientsHost host,
                    OutgoingFields& out) {
  out.fields.reserve(head.fields.size() + 5);
  for (const wire::Field& field : head.fields) {
    const bool no_cookie = cookies == Cookies::Kept || !matches(field.name, RequestCookies);
    const bool other_host = host == ClientsHost::Replaced && wire::same_name(field.name, "host");
    if (no_cookie && !other_host && !matches(field.name, HopByHop) && !is_credential(field.name) &&
        !matches(field.name, NotToModels) && !nominated(field.name, head.fields)) {
      out.fields.push_back(field);
    }
  }
}

void add_forwarded_for(const wire::RequestHead& head, const ClientConnection& client,
                       OutgoingFields& out) {
  std::string list;
  if (client.trusted_proxy) {
    list = joined_values(head.fields, "x-forwarded-for");
  }
  if (!client.address.empty()) {
    list.append(list.empty() ? "" : ", ").append(client.address);
  }
  if (!list.empty()) {
    out.fields.push_back({"X-Forwarded-For", out.owned.emplace_back(std::move(list))});
  }
}

}  // namespace

bool is_credential(std::string_view name) {
  return matches(name, Credentials);
}

OutgoingFields fields_to_model(const wire::RequestHead& head, const ClientConnection& client,
                               Cookies cookies, std::string_view default_host,
                               std::string_view via) {
  OutgoingFields out;
  const bool has_host = !wire::value_of(head.fields, "host").empty();
  if (!has_host) {
    out.fields.push_back({"Host", head.host.empty() ? default_host : head.host});
  }
  add_end_to_end(head, cookies, has_host ? ClientsHost::Sent : ClientsHost::Replaced, out);
  add_forwarded_for(head, client, out);
  const std::string_view host = believed(head, client, "x-forwarded-host", head.host);
  if (!host.empty()) {
    out.fields.push_back({"X-Forwarded-Host", host});
  }
  out.fields.push_back({"X-Forwarded-Proto", believed(head, client, "x-forwarded-proto",
                                                      client.tls ? "https" : "http")});
  out.fields.push_back({"Via", via});
  return out;
}

OutgoingFields fields_to_peer(const wire::RequestHead& head, Cookies cookies, std::string_view host,
                              const wire::ServerKey& key, std::string_view via) {
  OutgoingFields out;
  out.fields.push_back({"Host", host});
  add_end_to_end(head, cookies, ClientsHost::Replaced, out);
  key.add_to(out.fields);
  out.fields.push_back({"Via", via});
  return out;
}

void fields_to_client(const wire::ResponseHead& head, Cookies cookies, wire::Fields& fields) {
  fields.clear();
  fields.reserve(head.fields.size() + 1);
  const bool event_stream = is_event_stream(head.fields);
  for (const wire::Field& field : head.fields) {
    const bool no_cookie = cookies == Cookies::Kept || !matches(field.name, ResponseCookies);
    const bool replaced = event_stream && wire::same_name(field.name, "x-accel-buffering");
    if (no_cookie && !replaced && !matches(field.name, HopByHop) &&
        !matches(field.name, NotToClients) && !nominated(field.name, head.fields)) {
      fields.push_back(field);
    }
  }
  if (event_stream) {
    fields.push_back({"X-Accel-Buffering", "no"});
  }
}

}  // namespace llmsnap::route
