#include "route/upstream_path.h"

#include <chrono>
#include <string>

#include "catch.h"
#include "route/static_models.h"
#include "unit/route/thread_time.h"

namespace llmsnap::route {
namespace {

std::unique_ptr<StaticModels> some_models() {
  Config config;
  for (const std::string id : {"m", "author", "author/model", "with space", "a:b", "x/y/z"}) {
    config.models[id].id = id;
    config.models[id].proxy = "http://127.0.0.1:9000";
  }
  config.models["m"].aliases = {"nick", "nick/name"};
  return std::move(*StaticModels::make(config));
}

const Profiles& no_profiles() {
  static const Profiles none({});
  return none;
}

struct Row {
  std::string target;
  std::string model;
  std::string name;
  std::string rest;
};

}  // namespace

TEST_CASE("the longest model name in the path wins and the rest keeps its escapes", "[route]") {
  const Row row = GENERATE(values<Row>({
      {"/upstream/m/v1/chat", "m", "m", "/v1/chat"},
      {"/upstream/m/", "m", "m", "/"},
      {"/upstream/m//x", "m", "m", "//x"},
      {"/upstream/m/a%2Fb%252F?q=%2F/&r=1", "m", "m", "/a%2Fb%252F?q=%2F/&r=1"},
      {"/upstream/m/?x", "m", "m", "/?x"},
      {"/upstream/m/%C3%A4/%E6%A8%A1", "m", "m", "/%C3%A4/%E6%A8%A1"},
      {"/upstream/m/a?b/c", "m", "m", "/a?b/c"},
      {"/upstream/nick/x", "m", "nick", "/x"},
      {"/upstream/nick/name/x", "m", "nick/name", "/x"},
      {"/upstream/author/x", "author", "author", "/x"},
      {"/upstream/author/model/api", "author/model", "author/model", "/api"},
      {"/upstream/author%2Fmodel/api/x%2Fy", "author/model", "author/model", "/api/x%2Fy"},
      {"/upstream/author%2fmodel/", "author/model", "author/model", "/"},
      {"/upstream/author/model2/api", "author", "author", "/model2/api"},
      {"/upstream/with%20space/x", "with space", "with space", "/x"},
      {"/upstream/a%3Ab/x", "a:b", "a:b", "/x"},
      {"/upstream/a:b/x", "a:b", "a:b", "/x"},
      {"/upstream/x%2Fy/z/..%2F", "x/y/z", "x/y/z", "/..%2F"},
      {"/upstream/m/bad%zz", "m", "m", "/bad%zz"},
  }));
  CAPTURE(row.target);
  const auto models = some_models();
  const auto found = find_upstream_path(row.target, *models, no_profiles());
  REQUIRE(found);
  CHECK(found->model->config.id == row.model);
  CHECK(found->name == row.name);
  CHECK(found->target == row.rest);
  CHECK_FALSE(found->redirect);
}

TEST_CASE("a bare model is redirected to its root, as written and with its query", "[route]") {
  const auto models = some_models();
  CHECK(find_upstream_path("/upstream/m", *models, no_profiles())->redirect == "/upstream/m/");
  CHECK(find_upstream_path("/upstream/author/model?a=b/c", *models, no_profiles())->redirect ==
        "/upstream/author/model/?a=b/c");
  CHECK(find_upstream_path("/upstream/author%2Fmodel", *models, no_profiles())->redirect ==
        "/upstream/author%2Fmodel/");
}

TEST_CASE("a path that names no model is not found", "[route]") {
  const auto models = some_models();
  const std::string target =
      GENERATE("/upstream", "/upstream/", "/upstream//", "/upstream//m/x", "/upstream/mm/x",
               "/upstream/unknown", "/upstream/author%2Funknown/x", "/upstream/%zz/m",
               "/upstream/m%00/x", "/upstream/m%2F", "/other/m/x", "*", "", "/upstream/?/m/x");
  CAPTURE(target);
  CHECK_FALSE(find_upstream_path(target, *models, no_profiles()));
}

TEST_CASE("a path of nothing but slashes costs no more than a glance at each", "[route]") {
  const auto models = some_models();
  const auto begun = ThreadTime::now();
  CHECK_FALSE(find_upstream_path("/upstream/" + std::string(8192, '/'), *models, no_profiles()));
  CHECK(ThreadTime::now() - begun < std::chrono::milliseconds(50));
}

}  // namespace llmsnap::route
