#include "llmsnap/router.h"

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.h"
#include "log/log.h"
#include "route/router_access.h"

namespace {

class SomeRequest final : public llmsnap::RouteRequest {
 public:
  explicit SomeRequest(std::string model) : model_(std::move(model)) {}
  std::string_view model() const override { return model_; }
  std::string_view method() const override { return "POST"; }
  std::string_view path() const override { return "/v1/chat/completions"; }
  bool streaming() const override { return false; }
  std::string_view client_address() const override { return "127.0.0.1"; }
  std::string_view key_name() const override { return ""; }
  std::optional<std::string_view> header(std::string_view) const override { return std::nullopt; }

 private:
  std::string model_;
};

class SomeModels final : public llmsnap::RouteView {
 public:
  explicit SomeModels(bool ready) : ready_(ready) {}
  bool exists(std::string_view) const override { return true; }
  bool is_ready(std::string_view) const override { return ready_; }
  std::vector<std::string> models() const override { return {}; }

 private:
  bool ready_;
};

struct Asked {
  llmsnap::Router router;
  std::vector<std::string> lines;
  llmsnap::Log log{[this](llmsnap::LogLevel, std::string_view line) { lines.emplace_back(line); }};

  llmsnap::RouteDecision decide(const std::string& model, bool ready = true) {
    return llmsnap::RouterAccess::decide(router, SomeRequest(model), SomeModels(ready), log);
  }
};

void work_for(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

}  // namespace

TEST_CASE("a rule can decide by which model is ready", "[route]") {
  Asked asked;
  asked.router.add_rule(
      "night shift",
      [](const llmsnap::RouteRequest& r, const llmsnap::RouteView& view) -> llmsnap::RouteDecision {
        if (r.model() == "auto")
          return view.is_ready("qwen-32b") ? llmsnap::use_model("qwen-32b")
                                           : llmsnap::use_model("qwen-4b");
        return llmsnap::no_opinion();
      });
  CHECK(std::get<llmsnap::UseModel>(asked.decide("auto", true)).model == "qwen-32b");
  CHECK(std::get<llmsnap::UseModel>(asked.decide("auto", false)).model == "qwen-4b");
  CHECK(std::holds_alternative<llmsnap::NoOpinion>(asked.decide("other")));
}

TEST_CASE("a router without rules has no opinion", "[route]") {
  Asked asked;
  CHECK_FALSE(llmsnap::RouterAccess::has_rules(asked.router));
  CHECK(std::holds_alternative<llmsnap::NoOpinion>(asked.decide("m")));
}

TEST_CASE("the first rule with an opinion decides and later ones are not asked", "[route]") {
  Asked asked;
  int later = 0;
  asked.router.add_rule("one", [](const auto&, const auto&) { return llmsnap::no_opinion(); });
  asked.router.add_rule("two", [](const auto&, const auto&) {
    return llmsnap::refuse_route(llmsnap::ErrorCode::Forbidden, "not at night");
  });
  asked.router.add_rule("three", [&later](const auto&, const auto&) {
    ++later;
    return llmsnap::use_model("x");
  });
  CHECK(llmsnap::RouterAccess::has_rules(asked.router));
  const auto decision = asked.decide("m");
  REQUIRE(std::holds_alternative<llmsnap::RefuseRoute>(decision));
  CHECK(std::get<llmsnap::RefuseRoute>(decision).error.code == llmsnap::ErrorCode::Forbidden);
  CHECK(std::get<llmsnap::RefuseRoute>(decision).error.message == "not at night");
  CHECK(later == 0);
}

TEST_CASE("an exception that leaves a rule is an internal error, and logged", "[route]") {
  Asked asked;
  const bool standard = GENERATE(true, false);
  asked.router.add_rule("broken", [standard](const auto&, const auto&) -> llmsnap::RouteDecision {
    if (standard) {
      throw std::runtime_error("out of cheese");
    }
    throw 42;
  });
  const auto decision = asked.decide("m");
  REQUIRE(std::holds_alternative<llmsnap::RefuseRoute>(decision));
  CHECK(std::get<llmsnap::RefuseRoute>(decision).error.code == llmsnap::ErrorCode::Internal);
  CHECK(std::get<llmsnap::RefuseRoute>(decision).error.message.find("cheese") == std::string::npos);
  REQUIRE_FALSE(asked.lines.empty());
  CHECK(asked.lines.back().find("\"broken\" threw: ") != std::string::npos);
  CHECK((asked.lines.back().find("out of cheese") != std::string::npos) == standard);
}

TEST_CASE("a slow rule is logged once", "[route]") {
  Asked asked;
  asked.router.add_rule("slow", [](const auto&, const auto&) {
    work_for(std::chrono::milliseconds(6));
    return llmsnap::no_opinion();
  });
  asked.decide("m");
  asked.decide("m");
  REQUIRE(asked.lines.size() == 1);
  CHECK(asked.lines[0].find("routing rule \"slow\" took ") == 0);
}
