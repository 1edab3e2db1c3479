#include "upstream/request_writer.h"

#include <string>
#include <vector>

#include "catch.h"
#include "scripted_body.h"

using namespace llmsnap;
using namespace llmsnap::upstream;

namespace {

std::string written(std::string_view method, std::string_view target, const Url& url = {},
                    std::vector<wire::Field> fields = {}, BodySource* body = nullptr,
                    std::string_view upgrade = {}) {
  const OutgoingRequest request{url, method, target, fields, body, {}, upgrade};
  const Result<std::string> head = write_request_head(request, choose_framing(method, body));
  return head ? *head : "error: " + head.error().message;
}

Url with_base(std::string base) {
  Url url;
  url.base_path = std::move(base);
  return url;
}

}  // namespace

TEST_CASE("a request line joins base path and target with one slash", "[upstream]") {
  CHECK(written("GET", "/v1/models") == "GET /v1/models HTTP/1.1\r\n\r\n");
  CHECK(written("GET", "/a%2Fb?q=%20", with_base("/x")) == "GET /x/a%2Fb?q=%20 HTTP/1.1\r\n\r\n");
  CHECK(written("GET", "/", with_base("/x/y")) == "GET /x/y/ HTTP/1.1\r\n\r\n");
  CHECK(written("GET", "?q=1", with_base("/x")) == "GET /x/?q=1 HTTP/1.1\r\n\r\n");
  CHECK(written("GET", "") == "GET / HTTP/1.1\r\n\r\n");
  CHECK(written("OPTIONS", "*", with_base("/x")) == "OPTIONS * HTTP/1.1\r\n\r\n");
}

TEST_CASE("a proxy gets a request for an http server in absolute form, and our credentials",
          "[upstream]") {
  const ForwardProxy proxy{*parse_url("http://proxy.example:3128"), "Basic eDp5", ""};
  const auto to_proxy = [&proxy](const std::string& url_text, std::string_view target) {
    const Url url = *parse_url(url_text);
    const std::vector<wire::Field> fields{{"Host", "h"}};
    OutgoingRequest request{url, "OPTIONS", target, fields, nullptr, {}, {}, &proxy};
    return *write_request_head(request, {});
  };
  const std::string rest = " HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\nHost: h\r\n\r\n";
  CHECK(to_proxy("http://box:5800/x", "/y?z") == "OPTIONS http://box:5800/x/y?z" + rest);
  CHECK(to_proxy("http://[2001:db8::1]", "/") == "OPTIONS http://[2001:db8::1]/" + rest);
  CHECK(to_proxy("http://box/x", "*") == "OPTIONS http://box" + rest);
  // In a tunnel a request looks as if there were no proxy.
  CHECK(to_proxy("https://box/x", "/y") == "OPTIONS /x/y HTTP/1.1\r\nHost: h\r\n\r\n");
}

TEST_CASE("given fields go out in their order, byte for byte", "[upstream]") {
  CHECK(written("GET", "/", {}, {{"hOST", "m"}, {"X-B", "1, \x80"}, {"X-A", ""}, {"x-b", "2"}}) ==
        "GET / HTTP/1.1\r\nhOST: m\r\nX-B: 1, \x80\r\nX-A: \r\nx-b: 2\r\n\r\n");
}

TEST_CASE("the framing of a request follows from its body and method", "[upstream]") {
  ScriptedBody sized({"hello"});
  ScriptedBody empty({});
  ScriptedBody unsized({"hello"});
  unsized.announced.reset();
  struct Row {
    const char* method;
    BodySource* body;
    const char* field;
  };
  const Row rows[] = {{"POST", &sized, "Content-Length: 5\r\n"},
                      {"GET", &sized, "Content-Length: 5\r\n"},
                      {"POST", &empty, "Content-Length: 0\r\n"},
                      {"POST", &unsized, "Transfer-Encoding: chunked\r\n"},
                      {"POST", nullptr, "Content-Length: 0\r\n"},
                      {"PUT", nullptr, "Content-Length: 0\r\n"},
                      {"PATCH", nullptr, "Content-Length: 0\r\n"},
                      {"GET", nullptr, ""},
                      {"HEAD", nullptr, ""},
                      {"DELETE", nullptr, ""}};
  for (const Row& row : rows) {
    CHECK(written(row.method, "/", {}, {}, row.body) ==
          std::string(row.method) + " / HTTP/1.1\r\n" + row.field + "\r\n");
  }
}

TEST_CASE("given framing and connection fields cannot contradict ours", "[upstream]") {
  CHECK(written("GET", "/", {},
                {{"content-length", "7"},
                 {"Transfer-Encoding", "chunked"},
                 {"CONNECTION", "close"},
                 {"Upgrade", "h2c"},
                 {"Content-Type", "a/b"}}) == "GET / HTTP/1.1\r\nContent-Type: a/b\r\n\r\n");
}

TEST_CASE("an upgrade is asked for with Connection and Upgrade", "[upstream]") {
  CHECK(written("GET", "/ws", {}, {{"Host", "m"}}, nullptr, "websocket") ==
        "GET /ws HTTP/1.1\r\nHost: m\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST_CASE("a part that would end its line early is refused", "[upstream]") {
  const std::string_view zero("a\0b", 3);
  CHECK(written("GET", "/a b").substr(0, 6) == "error:");
  CHECK(written("GET", "/a\r\nX: 1").substr(0, 6) == "error:");
  CHECK(written("GE T", "/").substr(0, 6) == "error:");
  CHECK(written("GET", "/", {}, {{"X", "a\r\nY: b"}}).substr(0, 6) == "error:");
  CHECK(written("GET", "/", {}, {{"X", "a\nY: b"}}).substr(0, 6) == "error:");
  CHECK(written("GET", "/", {}, {{"X\r", "b"}}).substr(0, 6) == "error:");
  CHECK(written("GET", "/", {}, {{"X", zero}}).substr(0, 6) == "error:");
  CHECK(written("GET", "/", {}, {}, nullptr, "a\r\nb").substr(0, 6) == "error:");
}
