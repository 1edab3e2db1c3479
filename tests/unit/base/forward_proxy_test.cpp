#include "base/forward_proxy.h"

#include <map>
#include <string>

#include "catch.h"

using namespace llmsnap;

namespace {

/// "host:port" of the proxy, "direct", or "fault".
std::string way_to(const std::string& url, const ProxyEnvironment& environment) {
  const auto proxy = proxy_for(*parse_url(url), environment);
  if (!proxy) {
    return "direct";
  }
  return proxy->fault.empty() ? proxy->url.authority() : "fault";
}

ProxyEnvironment with_no_proxy(const std::string& no_proxy) {
  return {"plain.example:3128", "secure.example:3128", no_proxy};
}

}  // namespace

TEST_CASE("each scheme has a proxy of its own", "[base]") {
  CHECK(way_to("http://box.example", with_no_proxy("")) == "plain.example:3128");
  CHECK(way_to("https://box.example", with_no_proxy("")) == "secure.example:3128");
  CHECK(way_to("unix:/run/a.sock", with_no_proxy("")) == "direct");
  CHECK(way_to("https://box.example", {"plain.example", "", ""}) == "direct");
  CHECK(way_to("http://box.example", {"", "secure.example", ""}) == "direct");
  CHECK(way_to("http://box.example", {}) == "direct");
}

TEST_CASE("this machine is never asked by way of a proxy", "[base]") {
  const std::string host = GENERATE(as<std::string>(), "localhost", "LocalHost:8080", "127.0.0.1",
                                    "127.9.8.7:1", "[::1]:80", "[::ffff:127.0.0.1]");
  INFO(host);
  CHECK(way_to("http://" + host, with_no_proxy("")) == "direct");
  CHECK(way_to("https://" + host, with_no_proxy("")) == "direct");
}

TEST_CASE("NO_PROXY names who is asked directly", "[base]") {
  struct Row {
    std::string no_proxy;
    std::string url;
    bool direct;
  };
  const Row row = GENERATE(values<Row>({
      {"*", "http://box.example", true},
      {"a,*", "http://10.1.2.3", true},
      {"box.example", "http://box.example:8080", true},
      {"box.example", "http://gpu.box.example", true},
      {"box.example", "http://mybox.example", false},
      {"box.example", "http://example", false},
      {"BOX.Example", "http://box.eXample", true},
      {".box.example", "http://gpu.box.example", true},
      {".box.example", "http://box.example", false},
      {"*.box.example", "http://gpu.box.example", true},
      {"*.box.example", "http://box.example", false},
      {"box.example:8080", "http://box.example:8080", true},
      {"box.example:8080", "http://gpu.box.example:8080", true},
      {"box.example:8080", "http://box.example:8081", false},
      {"box.example:80", "http://box.example", true},
      {"box.example:443", "https://box.example", true},
      {"box.example:443", "http://box.example", false},
      {"box.example:x", "http://box.example", false},
      {" other.example , box.example ", "http://box.example", true},
      {",,", "http://box.example", false},
      {".", "http://box.example", false},
      {"*.", "http://box.example", false},
      {":80", "http://box.example", false},
      {"192.0.2.7", "http://192.0.2.7:5000", true},
      {"192.0.2.7", "http://192.0.2.70", false},
      {"192.0.2.7:5000", "http://192.0.2.7:5000", true},
      {"192.0.2.7:5000", "http://192.0.2.7:5001", false},
      {"192.0.2.0/24", "http://192.0.2.7", true},
      {"192.0.2.0/24", "http://192.0.3.7", false},
      {"192.0.2.0/24", "http://box.example", false},
      {"192.0.2.0/33", "http://192.0.2.7", false},
      {"2001:db8::1", "http://[2001:db8:0::1]:5000", true},
      {"[2001:db8::1]", "http://[2001:db8::1]", true},
      {"[2001:db8::1]:5000", "http://[2001:db8::1]:5000", true},
      {"[2001:db8::1]:5000", "http://[2001:db8::1]:5001", false},
      {"[2001:db8::1", "http://box.example", false},
      {"2001:db8::/32", "http://[2001:db8:1::9]", true},
      {"2001:db8::/32", "http://[2001:db9::9]", false},
      {"box.example/24", "http://box.example", false},
  }));
  INFO(row.no_proxy << " for " << row.url);
  CHECK((way_to(row.url, with_no_proxy(row.no_proxy)) == "direct") == row.direct);
}

TEST_CASE("a proxy's URL may be short, and what stands behind its port does not count", "[base]") {
  struct Row {
    std::string text;
    std::string way;
  };
  const Row row = GENERATE(values<Row>({
      {"proxy.example", "proxy.example"},
      {"proxy.example:3128", "proxy.example:3128"},
      {"http://proxy.example:3128/", "proxy.example:3128"},
      {"HTTP://proxy.example:3128/path?x#y", "proxy.example:3128"},
      {" http://proxy.example:3128 ", "proxy.example:3128"},
      {"127.0.0.1:3128", "127.0.0.1:3128"},
      {"[::1]:3128", "[::1]:3128"},
      {" ", "direct"},
      {"https://proxy.example", "fault"},
      {"socks5://proxy.example:1080", "fault"},
      {"socks5h://user:sesame@proxy.example:1080", "fault"},
      {"http://", "fault"},
      {"proxy.example:port", "fault"},
      {"user:ses%zzame@proxy.example", "fault"},
      {"user:ses/ame@proxy.example", "fault"},
      {"user:5/ame@proxy.example", "fault"},
      {"a b", "fault"},
  }));
  INFO(row.text);
  CHECK(way_to("http://box.example", {row.text, "", ""}) == row.way);
}

TEST_CASE("who the proxy is told that we are is not told to anybody else", "[base]") {
  struct Row {
    std::string text;
    std::string authorization;
  };
  const Row row = GENERATE(values<Row>({
      {"http://proxy.example", ""},
      {"http://user:sesame@proxy.example:3128", "Basic dXNlcjpzZXNhbWU="},
      {"user:sesame@proxy.example", "Basic dXNlcjpzZXNhbWU="},
      {"user@proxy.example", "Basic dXNlcjo="},
      {"us%40er:p%3A%2F@proxy.example", "Basic dXNAZXI6cDov"},
      {"user:a@b:c@proxy.example", "Basic dXNlcjphQGI6Yw=="},
      {"user:%0d%0a@proxy.example", "Basic dXNlcjoNCg=="},
  }));
  const auto proxy = proxy_for(*parse_url("http://box.example"), {row.text, "", ""});
  INFO(row.text);
  REQUIRE(proxy);
  CHECK(proxy->fault.empty());
  CHECK(proxy->authorization == row.authorization);
  CHECK(proxy->url.host == "proxy.example");
}

TEST_CASE("what is wrong with a proxy's URL names the variable and no password", "[base]") {
  const std::string text =
      GENERATE(as<std::string>(), "user:sesame/@proxy.example", "user:sesame%@proxy.example",
               "socks5://user:sesame@proxy", "user:sesame@proxy.example:x");
  const auto proxy = proxy_for(*parse_url("https://box.example"), {"", text, ""});
  REQUIRE(proxy);
  CHECK(proxy->fault.starts_with("HTTPS_PROXY"));
  CHECK(proxy->fault.find("sesame") == std::string::npos);
}

TEST_CASE("the environment has each variable in two spellings", "[base]") {
  std::map<std::string, std::string> variables{{"HTTP_PROXY", "upper"},
                                               {"http_proxy", "lower"},
                                               {"HTTPS_PROXY", ""},
                                               {"https_proxy", "secure"},
                                               {"no_proxy", "box"}};
  const auto lookup = [&variables](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  CHECK(proxy_environment(lookup) == ProxyEnvironment{"upper", "secure", "box"});
  variables.clear();
  CHECK(proxy_environment(lookup) == ProxyEnvironment{});
}
