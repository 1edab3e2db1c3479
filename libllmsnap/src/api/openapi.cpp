#include "api/openapi.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "api/call.h"
#include "api/handlers.h"
#include "api/route_text.h"
#include "api/text_body.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) {
      found.emplace_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

std::vector<std::string_view> names_of(Methods methods) {
  switch (methods) {
    case Methods::Get:
      return {"get", "head"};
    case Methods::Post:
      return {"post"};
    case Methods::Put:
      return {"put"};
    case Methods::Any:
      return {"get", "head", "post", "put", "patch", "delete"};
  }
  return {};
}

std::string path_of(const Route& route, const RouteText& text) {
  std::string path(route.path);
  if (route.match != Match::Exact) {
    path.append("{").append(text.rest).append("}").append(route.ending);
  }
  return path;
}

Json parameters_of(const Route& route, const RouteText& text) {
  Json parameters = Json::array();
  if (route.match != Match::Exact) {
    parameters.push_back({{"name", text.rest},
                          {"in", "path"},
                          {"required", true},
                          {"description", "may hold slashes"},
                          {"schema", {{"type", "string"}, {"minLength", 1}}}});
  }
  for (std::string& name : words(text.query)) {
    const bool required = name.back() == '!';
    if (required) {
      name.pop_back();
    }
    Json schema = {{"type", "string"}};
    if (required) {
      schema["minLength"] = 1;
    }
    parameters.push_back(
        {{"name", name}, {"in", "query"}, {"required", required}, {"schema", std::move(schema)}});
  }
  return parameters;
}

Json content_of(std::string_view media_types, const Json& schema) {
  Json content = Json::object();
  for (const std::string& type : words(media_types)) {
    content[type] = {{"schema", schema}};
  }
  return content;
}

Json reference(const char* to) {
  return {{"$ref", to}};
}

/// Null: the route takes none.
Json body_of(const Route& route) {
  const char* const schema = route.handler == activate_profile ? "#/components/schemas/Profile"
                             : route.body == BodyKind::Json || route.handler == serve_form
                                 ? "#/components/schemas/NamesModel"
                                 : nullptr;
  if (schema == nullptr) {
    return route.body == BodyKind::None
               ? Json()
               : Json{{"required", false}, {"content", content_of("*/*", Json::object())}};
  }
  const bool is_form = route.handler == serve_form;
  return {{"required", true},
          {"content",
           content_of(is_form ? "multipart/form-data" : "application/json", reference(schema))}};
}

Json answers_of(const Route& route, const RouteText& text) {
  Json success = {{"description", text.summary}};
  if (!text.answers.empty()) {
    success["content"] = content_of(text.answers, Json::object());
  }
  Json answers = {{std::to_string(text.status), std::move(success)}};
  if (route.role != Role::Open) {
    answers["401"] = reference("#/components/responses/Error");
    answers["403"] = reference("#/components/responses/Error");
  }
  answers["default"] = reference("#/components/responses/Error");
  return answers;
}

Json operation_of(const Route& route, const RouteText& text, std::string_view method) {
  Json operation = {{"summary", text.summary},
                    {"tags", Json::array({text.tag})},
                    {"operationId", std::string(method).append(" ").append(path_of(route, text))},
                    {"parameters", parameters_of(route, text)}};
  const bool has_body = method != "get" && method != "head" && method != "delete";
  if (Json body = has_body ? body_of(route) : Json(); !body.is_null()) {
    operation["requestBody"] = std::move(body);
  }
  operation["responses"] = answers_of(route, text);
  operation["x-role"] = name_of(route.role);
  operation["security"] = route.role == Role::Open ? Json::array()
                                                   : Json::array({{{"bearer", Json::array()}},
                                                                  {{"key", Json::array()}},
                                                                  {{"basic", Json::array()}}});
  return operation;
}

Json components() {
  const Json error = {
      {"type", "object"},
      {"required", {"error"}},
      {"properties",
       {{"error",
         {{"type", "object"},
          {"required", {"message", "type"}},
          {"properties", {{"message", {{"type", "string"}}}, {"type", {{"type", "string"}}}}}}}}}};
  const Json names_model = {
      {"type", "object"},
      {"required", {"model"}},
      {"properties",
       {{"model", {{"type", "string"}, {"minLength", 1}}}, {"stream", {{"type", "boolean"}}}}}};
  const Json profile = {{"type", "object"},
                        {"required", {"name"}},
                        {"properties", {{"name", {{"type", {"string", "null"}}}}}}};
  return {{"schemas", {{"Error", error}, {"NamesModel", names_model}, {"Profile", profile}}},
          {"responses",
           {{"Error",
             {{"description",
               "why not, by OpenAI's or Anthropic's rules, or as Accept asks; of a "
               "model's server: as it says it"},
              {"content",
               {{"application/json", {{"schema", reference("#/components/schemas/Error")}}},
                {"text/plain", Json::object()},
                {"text/html", Json::object()}}}}}}},
          {"securitySchemes",
           {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
            {"basic", {{"type", "http"}, {"scheme", "basic"}}},
            {"key", {{"type", "apiKey"}, {"in", "header"}, {"name", "x-api-key"}}}}}};
}

const RouteText* text_of(const Route& route) {
  const auto texts = route_texts();
  const auto found = std::find_if(texts.begin(), texts.end(), [&route](const RouteText& text) {
    return text.path == route.path && text.methods == route.methods;
  });
  return found == texts.end() ? nullptr : &*found;
}

}  // namespace

std::string openapi_document(std::string_view version) {
  Json paths = Json::object();
  for (const Route& route : routes()) {
    const RouteText* const text = text_of(route);
    if (text == nullptr) {
      continue;  // a test sees to it that none is without
    }
    for (const std::string_view method : names_of(route.methods)) {
      paths[path_of(route, *text)][std::string(method)] = operation_of(route, *text, method);
    }
  }
  const Json document = {{"openapi", "3.1.0"},
                         {"info",
                          {{"title", "llmsnap"},
                           {"version", version},
                           {"description",
                            "Requests for models, and what operators ask. x-role: what a key must "
                            "allow. A POST to any other path whose JSON body names a model, and a "
                            "WebSocket on any path whose query does, go to that model."}}},
                         {"paths", std::move(paths)},
                         {"components", components()}};
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Answer> show_openapi(Call& call) {
  return text_answer(200, JsonText, openapi_document(call.services.build.version));
}

}  // namespace llmsnap::api
