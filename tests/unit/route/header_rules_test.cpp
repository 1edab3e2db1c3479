#include "route/header_rules.h"

#include <algorithm>
#include <string>
#include <vector>

#include "catch.h"

namespace llmsnap::route {
namespace {

constexpr std::string_view Via = "1.1 llmsnapd";

std::vector<std::string> lines(const wire::Fields& fields) {
  std::vector<std::string> text;
  for (const wire::Field& field : fields) {
    text.push_back(std::string(field.name) + ": " + std::string(field.value));
  }
  return text;
}

bool has(const wire::Fields& fields, std::string_view name) {
  return wire::find_field(fields, name) != nullptr;
}

wire::RequestHead request_with(wire::Fields fields) {
  wire::RequestHead head;
  const wire::Field* host = wire::find_field(fields, "host");
  head.host = host == nullptr ? "" : host->value;
  head.fields = std::move(fields);
  return head;
}

wire::Fields to_model(wire::Fields fields, Cookies cookies = Cookies::Removed) {
  const auto head = request_with(std::move(fields));
  return fields_to_model(head, {}, cookies, "default:1", Via).fields;
}

wire::Fields to_client(wire::Fields fields, Cookies cookies = Cookies::Removed) {
  wire::ResponseHead head;
  head.fields = std::move(fields);
  wire::Fields out = {{"left", "over"}};
  fields_to_client(head, cookies, out);
  return out;
}

}  // namespace

TEST_CASE("end-to-end fields reach the model byte for byte and in order", "[route]") {
  const auto head = request_with({{"HOST", "box:8080"},
                                  {"X-b", "1,  2"},
                                  {"accept", "*/*"},
                                  {"x-B", "\xe9"},
                                  {"User-Agent", ""},
                                  {"Content-Type", "application/json; charset=\"x\""},
                                  {"Accept-Encoding", "gzip, br"},
                                  {"Via", "1.0 other"},
                                  {"Origin", "http://o"}});
  const auto out =
      fields_to_model(head, {.address = "192.0.2.7", .tls = true}, Cookies::Removed, "unused", Via);
  CHECK(lines(out.fields) ==
        std::vector<std::string>{"HOST: box:8080", "X-b: 1,  2", "accept: */*", "x-B: \xe9",
                                 "User-Agent: ", "Content-Type: application/json; charset=\"x\"",
                                 "Accept-Encoding: gzip, br", "Via: 1.0 other", "Origin: http://o",
                                 "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: box:8080",
                                 "X-Forwarded-Proto: https", "Via: 1.1 llmsnapd"});
}

TEST_CASE("credentials are known by every spelling that a server may read as theirs", "[route]") {
  const std::string_view credential = GENERATE("Authorization", "proxy-authorization", "X-Api-Key",
                                               "x_api_key", "PROXY_AUTHORIZATION");
  CHECK(is_credential(credential));
  const std::string_view other = GENERATE("X-Api-Keys", "Author", "", "X-Api-", "Cookie");
  CHECK_FALSE(is_credential(other));
}

TEST_CASE("hop-by-hop fields, credentials and what the gateway writes never reach a model",
          "[route]") {
  const std::string name =
      GENERATE("Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization",
               "Proxy-Anything", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
               "Content-Length", "Expect", "Forwarded", "X-Forwarded-Port", "x-forwarded-prefix",
               "Authorization", "X-API-KEY", "X_Api_Key", "Content_Length", "Cookie");
  CAPTURE(name);
  const auto out = to_model({{"Host", "h"}, {name, "secret"}, {"Kept", "yes"}});
  CHECK_FALSE(has(out, name));
  CHECK(has(out, "Kept"));
}

TEST_CASE("names that only look like removed ones pass", "[route]") {
  const std::string name =
      GENERATE("Proxy", "X-Forwarded", "Connections", "X-Api-Keys", "T", "Cookies");
  CAPTURE(name);
  CHECK(has(to_model({{"Host", "h"}, {name, "v"}}), name));
}

TEST_CASE("what Connection names is removed, in any case and from every Connection field",
          "[route]") {
  const auto out = to_model({{"Host", "h"},
                             {"Connection", "close, X-One"},
                             {"connection", ",x-two ,"},
                             {"x-one", "1"},
                             {"X-Two", "2"},
                             {"X-Three", "3"}});
  CHECK_FALSE(has(out, "x-one"));
  CHECK_FALSE(has(out, "x-two"));
  CHECK(has(out, "x-three"));
}

TEST_CASE("Connection cannot take away Host, Via or what the gateway writes", "[route]") {
  const auto head = request_with(
      {{"Host", "h"},
       {"Via", "1.0 a"},
       {"X-Forwarded-For", "10.1.1.1"},
       {"Connection", "host, via, x-forwarded-for, x-forwarded-proto, content-length"}});
  const auto out = fields_to_model(head, {.address = "10.0.0.1", .trusted_proxy = true},
                                   Cookies::Removed, "d", Via);
  CHECK(lines(out.fields) ==
        std::vector<std::string>{"Host: h", "Via: 1.0 a", "X-Forwarded-For: 10.1.1.1, 10.0.0.1",
                                 "X-Forwarded-Host: h", "X-Forwarded-Proto: http",
                                 "Via: 1.1 llmsnapd"});
}

TEST_CASE("cookies reach a model only where its own pages are served", "[route]") {
  CHECK_FALSE(has(to_model({{"Host", "h"}, {"Cookie", "a=b"}}), "Cookie"));
  CHECK(has(to_model({{"Host", "h"}, {"Cookie", "a=b"}}, Cookies::Kept), "Cookie"));
}

TEST_CASE("a client without a Host gets the model's", "[route]") {
  CHECK(lines(to_model({{"A", "b"}})).front() == "Host: default:1");
  const auto empty = to_model({{"A", "b"}, {"Host", ""}});
  CHECK(lines(empty).front() == "Host: default:1");
  CHECK(std::count_if(empty.begin(), empty.end(), [](const wire::Field& field) {
          return wire::same_name(field.name, "host");
        }) == 1);
}

TEST_CASE("only a trusted proxy may say for whom it speaks", "[route]") {
  const auto head = request_with({{"Host", "h"},
                                  {"X-Forwarded-For", "203.0.113.9"},
                                  {"x-forwarded-for", "10.2.2.2"},
                                  {"X-Forwarded-Proto", "https"},
                                  {"X-Forwarded-Host", "public.example"}});
  SECTION("a stranger is not believed") {
    const auto out = fields_to_model(head, {.address = "198.51.100.1"}, Cookies::Removed, "d", Via);
    CHECK(lines(out.fields) == std::vector<std::string>{"Host: h", "X-Forwarded-For: 198.51.100.1",
                                                        "X-Forwarded-Host: h",
                                                        "X-Forwarded-Proto: http",
                                                        "Via: 1.1 llmsnapd"});
  }
  SECTION("a trusted proxy is, and its address is appended") {
    const auto out = fields_to_model(head, {.address = "10.0.0.1", .trusted_proxy = true},
                                     Cookies::Removed, "d", Via);
    CHECK(lines(out.fields) ==
          std::vector<std::string>{"Host: h", "X-Forwarded-For: 203.0.113.9, 10.2.2.2, 10.0.0.1",
                                   "X-Forwarded-Host: public.example", "X-Forwarded-Proto: https",
                                   "Via: 1.1 llmsnapd"});
  }
  SECTION("a Unix socket has no address to give") {
    CHECK_FALSE(
        has(fields_to_model(head, {}, Cookies::Removed, "d", Via).fields, "X-Forwarded-For"));
  }
}

TEST_CASE("views of outgoing fields survive a move", "[route]") {
  const auto head = request_with({{"Host", "h"}});
  auto out = fields_to_model(head, {.address = "::1"}, Cookies::Removed, "d", Via);
  const OutgoingFields moved = std::move(out);
  CHECK(wire::find_field(moved.fields, "x-forwarded-for")->value == "::1");
}

TEST_CASE("an answer's end-to-end fields reach the client in order, and nothing stale", "[route]") {
  CHECK(lines(to_client({{"Server", "s"},
                         {"Content-Type", "application/json"},
                         {"X-a", "1"},
                         {"x-A", "2"},
                         {"Access-Control-Allow-Origin", "*"},
                         {"Via", "1.1 x"}})) ==
        std::vector<std::string>{"Server: s", "Content-Type: application/json", "X-a: 1", "x-A: 2",
                                 "Access-Control-Allow-Origin: *", "Via: 1.1 x"});
}

TEST_CASE("fields of an answer that are ours to write, or would speak for our origin, are removed",
          "[route]") {
  const std::string name = GENERATE(
      "Connection", "keep-alive", "Proxy-Authenticate", "TE", "Trailer", "Transfer-Encoding",
      "Upgrade", "Content-Length", "Date", "X-Request-ID", "Strict-Transport-Security",
      "Clear-Site-Data", "Service-Worker-Allowed", "Set-Cookie", "Named");
  CAPTURE(name);
  const auto out = to_client({{name, "x"}, {"Kept", "y"}, {"Connection", "close,named"}});
  CHECK(lines(out) == std::vector<std::string>{"Kept: y"});
}

TEST_CASE("a model's own pages may set cookies", "[route]") {
  CHECK(lines(to_client({{"Set-Cookie", "a"}, {"set-cookie", "b"}}, Cookies::Kept)) ==
        std::vector<std::string>{"Set-Cookie: a", "set-cookie: b"});
}

TEST_CASE("an event stream tells proxies not to buffer it", "[route]") {
  const std::string type = GENERATE("text/event-stream", "Text/Event-Stream; charset=utf-8");
  CHECK(lines(to_client({{"content-type", type}, {"X-Accel-Buffering", "yes"}})) ==
        std::vector<std::string>{"content-type: " + type, "X-Accel-Buffering: no"});
  CHECK(lines(to_client({{"Content-Type", "text/plain"}, {"X-Accel-Buffering", "yes"}})) ==
        std::vector<std::string>{"Content-Type: text/plain", "X-Accel-Buffering: yes"});
}

}  // namespace llmsnap::route
