#include "api/route_table.h"

#include <set>

#include "catch.h"
#include "support/route_path.h"

namespace llmsnap::api {
namespace {

TEST_CASE("a path is matched whole, or by its start where the route says so", "[api]") {
  struct Row {
    std::string path;
    std::string route;
  };
  const auto row = GENERATE(
      Row{"/", "/"}, Row{"/health", "/health"}, Row{"/health/", ""}, Row{"/healthy", ""},
      Row{"/HEALTH", ""}, Row{"", ""}, Row{"*", ""}, Row{"//", ""},
      Row{"/v1/chat/completions", "/v1/chat/completions"}, Row{"/v1/chat/completions/", ""},
      Row{"/v1/chat", ""}, Row{"/v1//chat/completions", ""}, Row{"/v1/%63hat/completions", ""},
      Row{"/v1/models", "/v1/models"}, Row{"/v1/models/", ""}, Row{"/v1/models/a", "/v1/models/"},
      Row{"/v1/models/a/b/c", "/v1/models/"}, Row{"/v1/modelsx", ""}, Row{"/upstream", "/upstream"},
      Row{"/upstream/", ""}, Row{"/upstream/m", "/upstream/"},
      Row{"/upstream/../v1/models", "/upstream/"}, Row{"/upstreamx/m", ""}, Row{"/zzz", ""},
      Row{"/api/models/unload", "/api/models/unload"}, Row{"/api/models/unload/", ""},
      Row{"/api/models/unload/m", "/api/models/unload/"}, Row{"/api/models/load", ""},
      Row{"/api/models/load/a/b", "/api/models/load/"}, Row{"/api/models", ""},
      Row{"/api/inflight/1/cancel", "/api/inflight/"}, Row{"/api/inflight/1", "/api/inflight/"},
      Row{"/api/inflight/cancel", "/api/inflight/"}, Row{"/running", "/running"},
      Row{"/unload", "/unload"});
  INFO(row.path);
  const auto* found = find_route("GET", row.path).same_path;
  CHECK((found == nullptr ? "" : found->path) == row.route);
}

TEST_CASE("a method that a path does not have is told from a path that is not there", "[api]") {
  struct Row {
    std::string method;
    std::string path;
    bool answered;
  };
  const auto row = GENERATE(
      Row{"GET", "/health", true}, Row{"HEAD", "/health", true}, Row{"POST", "/health", false},
      Row{"get", "/health", false}, Row{"POST", "/v1/embeddings", true},
      Row{"GET", "/v1/embeddings", false}, Row{"HEAD", "/v1/embeddings", false},
      Row{"DELETE", "/v1/models/m", false}, Row{"PROPFIND", "/upstream/m/x", true},
      Row{"DELETE", "/upstream/m/x", true}, Row{"POST", "/api/captures/1", false},
      Row{"GET", "/api/captures/1", true}, Row{"POST", "/api/captures/1/replay", true},
      Row{"POST", "/api/captures/replay", false}, Row{"GET", "/api/captures/1/replay", false},
      Row{"TRACE", "/upstream/m/x", false}, Row{"CONNECT", "/upstream/m/x", false});
  INFO(row.method << " " << row.path);
  const auto match = find_route(row.method, row.path);
  CHECK(match.same_path != nullptr);
  CHECK((match.route != nullptr) == row.answered);
}

TEST_CASE("Allow names the methods of a path", "[api]") {
  CHECK(allowed_methods("/health") == "GET, HEAD, OPTIONS");
  CHECK(allowed_methods("/v1/messages") == "POST, OPTIONS");
  CHECK(allowed_methods("/api/captures/1") == "GET, HEAD, OPTIONS");
  CHECK(allowed_methods("/api/captures/1/replay") == "POST, OPTIONS");
  CHECK(allowed_methods("/upstream/m") == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

TEST_CASE("the route table has no row twice, and each row is found", "[api]") {
  std::set<std::pair<std::string_view, Methods>> seen;
  for (const auto& route : routes()) {
    INFO(route.path);
    CHECK(seen.insert({route.path, route.methods}).second);
    CHECK(route.handler != nullptr);
    CHECK(route.path.starts_with(route.stripped));
    const auto path = llmsnap::test::path_with(route, "x");
    CHECK(route.rest_of(path) == (route.match == Match::Prefix ? "x" : ""));
    const auto method = route.methods == Methods::Get   ? "GET"
                        : route.methods == Methods::Put ? "PUT"
                                                        : "POST";
    CHECK(find_route(method, path).route == &route);
  }
}

TEST_CASE("the news of a load are told on the paths of chats, and on no others", "[api]") {
  std::set<std::string_view> telling;
  for (const auto& route : routes()) {
    if (tells_news(route.dialect)) {
      telling.insert(route.path);
    }
  }
  CHECK(telling == std::set<std::string_view>{"/v/chat/completions", "/v/messages", "/v/responses",
                                              "/v1/chat/completions", "/v1/messages",
                                              "/v1/responses"});
}

TEST_CASE("only the routes that tell nothing need no key", "[api]") {
  std::set<std::string_view> open;
  for (const auto& route : routes()) {
    if (route.role == Role::Open) {
      open.insert(route.path);
    }
  }
  CHECK(open == std::set<std::string_view>{"/", "/favicon.ico", "/health", "/ui", "/ui/",
                                           "/upstream", "/wol-health"});
}

}  // namespace
}  // namespace llmsnap::api
