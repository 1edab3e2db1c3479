#include <string>

#include "catch.h"
#include "config_text.h"

namespace llmsnap {
namespace {

CapabilityConfig capabilities(const std::string& text) {
  return config_of("models: {x: {proxy: http://h, capabilities: " + text + "}}\n")
      .models.at("x")
      .capabilities;
}

}  // namespace

TEST_CASE("what a model can is read, with macros", "[config]") {
  CHECK(capabilities("{}") == CapabilityConfig());
  CHECK(capabilities("") == CapabilityConfig());
  CHECK(capabilities("{tools: false, reranker: false}") == CapabilityConfig());
  CHECK(capabilities("{reranker: true}") != CapabilityConfig());
  const CapabilityConfig all =
      capabilities("{in: [text, image], out: audio, tools: yes, reranker: true, context: 4096}");
  CHECK(all.in == std::vector<Modality>{Modality::Text, Modality::Image});
  CHECK(all.out == std::vector<Modality>{Modality::Audio});
  CHECK(all.tools);
  CHECK(all.reranker);
  CHECK(all.context == 4096);
  const CapabilityConfig with_macros =
      config_of(
          "macros: {size: 1024, kind: image, yes_it_can: true}\n"
          "models:\n  x:\n    proxy: http://h\n    macros: {size: 2048}\n"
          "    capabilities: {context: '${size}', in: ['${kind}'], tools: '${yes_it_can}',\n"
          "                   reranker: '${yes_it_can}'}\n")
          .models.at("x")
          .capabilities;
  CHECK(with_macros.context == 2048);
  CHECK(with_macros.in == std::vector<Modality>{Modality::Image});
  CHECK(with_macros.tools);
  CHECK(with_macros.reranker);
}

TEST_CASE("what no model can is an error with its key", "[config]") {
  const std::string start = "models: {x: {proxy: http://h, capabilities: ";
  CHECK(contains(error_of(start + "{in: [text, smell]}}}\n"),
                 "models.x.capabilities.in: \"smell\" is no modality"));
  CHECK(contains(error_of(start + "{out: [taste]}}}\n"), "models.x.capabilities.out: \"taste\""));
  CHECK(contains(error_of(start + "{context: -1}}}\n"), "models.x.capabilities.context"));
  CHECK(contains(error_of(start + "{context: '${nothing}'}}}\n"), "nothing"));
  CHECK(contains(error_of(start + "[text]}}\n"), "models.x.capabilities"));
}

}  // namespace llmsnap
