#include "api/openapi.h"

#include <nlohmann/json.hpp>
#include <set>

#include "api/route_text.h"
#include "catch.h"
#include "client.h"

namespace llmsnap::api {
namespace {

using nlohmann::json;

TEST_CASE("each route has a text, and each text a route", "[api][openapi]") {
  std::set<std::pair<std::string_view, Methods>> in_table;
  for (const Route& route : routes()) {
    in_table.insert({route.path, route.methods});
  }
  std::set<std::pair<std::string_view, Methods>> in_texts;
  for (const RouteText& text : route_texts()) {
    INFO(text.path);
    CHECK(in_table.count({text.path, text.methods}) == 1);
    CHECK(in_texts.insert({text.path, text.methods}).second);
    CHECK_FALSE(text.summary.empty());
  }
  for (const auto& [path, methods] : in_table) {
    INFO(path);
    CHECK(in_texts.count({path, methods}) == 1);
  }
}

TEST_CASE("the document has each route with its security and its parameters", "[api][openapi]") {
  const json document = json::parse(openapi_document("1.2"));
  CHECK(document.at("openapi") == "3.1.0");
  CHECK(document.at("info").at("version") == "1.2");
  std::size_t operations = 0;
  std::set<std::string> ids;
  for (const auto& [path, item] : document.at("paths").items()) {
    for (const auto& [method, operation] : item.items()) {
      INFO(method << ' ' << path);
      ++operations;
      CHECK(ids.insert(operation.at("operationId")).second);
      CHECK(operation.at("security").empty() == (operation.at("x-role") == "open"));
      CHECK(operation.at("responses").contains("default"));
      const bool has_path_parameter = path.find('{') != std::string::npos;
      const auto& parameters = operation.at("parameters");
      CHECK(has_path_parameter ==
            std::any_of(parameters.begin(), parameters.end(),
                        [](const json& one) { return one.at("in") == "path"; }));
    }
  }
  CHECK(operations > routes().size());
  const json& chat = document.at("paths").at("/v1/chat/completions").at("post");
  CHECK(chat.at("requestBody").at("content").contains("application/json"));
  CHECK(document.at("paths").at("/upstream/{path}").contains("delete"));
}

TEST_CASE("every reference of the document leads somewhere", "[api][openapi]") {
  const json document = json::parse(openapi_document("1"));
  const json flat = document.flatten();
  for (const auto& [place, value] : flat.items()) {
    if (place.ends_with("/$ref")) {
      CHECK(document.contains(json::json_pointer(value.get<std::string>().substr(1))));
    }
  }
}

TEST_CASE("the document is served to who has a key", "[api][openapi]") {
  Config config;
  config.api_keys = {{"i", "infer-key", "", {true, false, false}}};
  test::Client client(config);
  CHECK(client.get("/api/openapi.json").status == 401);
  const auto reply = client.get("/api/openapi.json", {{"x-api-key", "infer-key"}});
  CHECK(json::parse(reply.body).at("info").at("title") == "llmsnap");
}

}  // namespace
}  // namespace llmsnap::api
