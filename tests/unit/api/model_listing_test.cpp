#include <nlohmann/json.hpp>

#include "catch.h"
#include "client.h"

namespace llmsnap::api {
namespace {

using nlohmann::json;
using test::Client;

std::vector<std::string> ids_of(const json& listing) {
  std::vector<std::string> ids;
  for (const auto& record : listing.at("data")) {
    ids.push_back(record.at("id"));
  }
  return ids;
}

ModelConfig described_model() {
  ModelConfig model;
  model.id = "described";
  model.proxy = "http://127.0.0.1:9002";
  model.name = "  A name ";
  model.description = " \t ";
  return model;
}

TEST_CASE("the models are listed by id, with what is known of each", "[api]") {
  Client client;
  client.models.add(described_model());
  const std::string path = GENERATE("/v1/models", "/models");
  const auto reply = client.get(path, {{"Origin", "http://page.example"}});
  CHECK(reply.status == 200);
  CHECK(reply.field("Content-Type") == "application/json");
  CHECK(reply.field("Access-Control-Allow-Origin") == "http://page.example");
  const auto listing = json::parse(reply.body);
  CHECK(listing.at("object") == "list");
  CHECK(ids_of(listing) == std::vector<std::string>{"described", "m", "org/name"});
  auto record = listing.at("data").at(0);
  CHECK(record.at("created") > 0);
  record.erase("created");
  CHECK(record == json({{"id", "described"},
                        {"object", "model"},
                        {"owned_by", "llmsnap"},
                        {"source", "preset"},
                        {"name", "A name"},
                        {"meta", {{"llamaswap", {{"type", "model"}}}}},
                        {"status", {{"value", "unloaded"}}}}));
  const auto aliased = listing.at("data").at(1);
  CHECK(aliased.at("status") == json({{"value", "loaded"}}));
  CHECK(aliased.at("meta") == json({{"llamaswap", {{"type", "model"}, {"aliases", {"other"}}}}}));
}

TEST_CASE("what a model can is listed, as far as the config tells it", "[api]") {
  Client client;
  auto model = described_model();
  model.metadata = R"({"context_length":1,"architecture":2,"mine":3})";
  model.capabilities = {.in = {Modality::Text, Modality::Image},
                        .out = {Modality::Text},
                        .tools = true,
                        .reranker = false,
                        .context = 8192};
  client.models.add(model);
  auto record = json::parse(client.get("/v1/models/described").body);
  CHECK(record.at("architecture") == json({{"input_modalities", {"text", "image"}},
                                           {"output_modalities", {"text"}},
                                           {"modality", "text+image->text"}}));
  CHECK(record.at("capabilities") == json({{"vision", true}, {"function_calling", true}}));
  CHECK(record.at("supported_parameters") == json({"tools", "tool_choice"}));
  CHECK(record.at("context_length") == 8192);
  CHECK(record.at("meta") ==
        json({{"n_ctx", 8192}, {"llamaswap", {{"mine", 3}, {"type", "model"}}}}));

  model.capabilities = {.in = {Modality::Audio, Modality::Text, Modality::Image},
                        .out = {Modality::Audio, Modality::Text, Modality::Image},
                        .reranker = true};
  client.models.add(model);
  record = json::parse(client.get("/v1/models/described").body);
  CHECK(record.at("capabilities") == json({{"vision", true},
                                           {"audio_transcriptions", true},
                                           {"audio_speech", true},
                                           {"image_generation", true},
                                           {"image_to_image", true},
                                           {"reranker", true}}));
  model.capabilities = {};
  client.models.add(model);
  record = json::parse(client.get("/v1/models/described").body);
  CHECK_FALSE(record.contains("capabilities"));
  CHECK(record.at("meta").at("llamaswap").at("context_length") == 1);
}

TEST_CASE("an unlisted model is not listed but can be asked for", "[api]") {
  Client client;
  auto hidden = described_model();
  hidden.unlisted = true;
  client.models.add(std::move(hidden));
  CHECK(ids_of(json::parse(client.get("/v1/models").body)) ==
        std::vector<std::string>{"m", "org/name"});
  CHECK(client.get("/v1/models/described").status == 200);
}

TEST_CASE("aliases are listed where the config says so", "[api]") {
  Config config;
  config.include_aliases_in_list = true;
  Client client(config);
  auto blank = described_model();
  blank.aliases = {" ", "zeta"};
  client.models.add(std::move(blank));
  const auto listing = json::parse(client.get("/v1/models").body);
  CHECK(ids_of(listing) == std::vector<std::string>{"described", "m", "org/name", "other", "zeta"});
  const auto alias = listing.at("data").at(4);
  CHECK(alias.at("name") == "A name");
  CHECK(alias.at("meta") == json({{"llamaswap", {{"type", "alias"}, {"modelID", "described"}}}}));
}

TEST_CASE("one model is shown by id or alias, with slashes plain or escaped", "[api]") {
  struct Row {
    std::string path;
    std::string id;
  };
  const auto row = GENERATE(Row{"m", "m"}, Row{"other", "other"}, Row{"org/name", "org/name"},
                            Row{"org%2fname", "org/name"}, Row{"%6D", "m"}, Row{"nobody", ""},
                            Row{"org", ""}, Row{"m/", ""});
  Client client;
  INFO(row.path);
  const auto reply = client.get("/v1/models/" + row.path);
  CHECK(reply.status == (row.id.empty() ? 404 : 200));
  if (!row.id.empty()) {
    CHECK(json::parse(reply.body).at("id") == row.id);
  }
}

TEST_CASE("a name that is not UTF-8 does not break the listing", "[api]") {
  Client client;
  auto odd = described_model();
  odd.name = "\xff</script>";
  client.models.add(std::move(odd));
  CHECK(json::accept(client.get("/v1/models").body));
}

TEST_CASE("a selector is loaded when a target serves or starts, a pin by its first target alone",
          "[api][H10]") {
  struct Row {
    SelectorStrategy strategy;
    ModelState first;
    ModelState second;
    std::string value;
  };
  const auto row =
      GENERATE(Row{SelectorStrategy::Warm, ModelState::Stopped, ModelState::Failed, "unloaded"},
               Row{SelectorStrategy::Warm, ModelState::Stopped, ModelState::Starting, "loaded"},
               Row{SelectorStrategy::Spillover, ModelState::Ready, ModelState::Stopped, "loaded"},
               Row{SelectorStrategy::Pin, ModelState::Stopped, ModelState::Ready, "unloaded"},
               Row{SelectorStrategy::Pin, ModelState::Starting, ModelState::Stopped, "loaded"});
  Client client;
  client.models.statuses["m"].state = row.first;
  client.models.statuses["org/name"].state = row.second;
  route::Selection selection;
  selection.config.id = "s";
  selection.config.strategy = row.strategy;
  selection.name = "s";
  selection.targets = {{client.models.find("m"), "m"},
                       {client.models.find("org/name"), "org/name"}};
  client.models.selections["s"] = selection;
  const auto record = json::parse(client.get("/v1/models/s").body);
  CHECK(record.at("status").at("value") == row.value);
  CHECK(record.at("meta").at("llamaswap").contains("spillover") ==
        (row.strategy == SelectorStrategy::Spillover));
}

}  // namespace
}  // namespace llmsnap::api
