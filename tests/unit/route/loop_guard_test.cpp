#include "route/loop_guard.h"

#include <string>

#include "catch.h"

namespace llmsnap::route {
namespace {

wire::RequestHead request_via(std::initializer_list<std::string_view> values) {
  wire::RequestHead head;
  for (const std::string_view value : values) {
    head.fields.push_back({"Via", value});
  }
  return head;
}

}  // namespace

TEST_CASE("a gateway knows a request that it has sent on before", "[route]") {
  const LoopGuard here;
  const LoopGuard elsewhere;
  CHECK_FALSE(here.is_loop(request_via({})));
  CHECK_FALSE(here.is_loop(request_via({elsewhere.via()})));
  CHECK(here.is_loop(request_via({here.via()})));
  CHECK(here.is_loop(request_via({"1.1 proxy", here.via(), elsewhere.via()})));
  const std::string one_line = "1.0 front, " + std::string(here.via()) + ", 1.1 other (x)";
  CHECK(here.is_loop(request_via({one_line})));
  wire::RequestHead other_field;
  other_field.fields = {{"X-Via", here.via()}};
  CHECK_FALSE(here.is_loop(other_field));
}

TEST_CASE("a request that has passed eight gateways goes round, whatever their marks", "[route]") {
  const LoopGuard here;
  std::string seven;
  for (int i = 0; i < 7; ++i) {
    seven += "1.1 llmsnapd, ";
  }
  CHECK_FALSE(here.is_loop(request_via({seven})));
  CHECK(here.is_loop(request_via({seven, "1.1 llmsnapd"})));
}

}  // namespace llmsnap::route
