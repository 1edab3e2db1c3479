#include "capture/capture_codec.h"

#include "capture/capture_mask.h"
#include "catch.h"

namespace llmsnap::capture {
namespace {

TrafficCapture example(const std::string& path) {
  return {.request_id = "r",
          .method = "POST",
          .path = path,
          .request_fields = {{"A", "1"}, {"A", "2"}},
          .request = {.bytes = std::string("\0body", 5), .size = 5},
          .status = 200,
          .answer_fields = {{"B", ""}},
          .answer = {.bytes = std::string(300, 'x'), .size = 1000},
          .pieces = {{std::chrono::microseconds(1'500'000), 100},
                     {std::chrono::microseconds(1'500'001), 200}},
          .is_redacted = path == "/a",
          .is_broken = path == "/b"};
}

TEST_CASE("captures that are put together come apart the same", "[capture][Q2]") {
  std::string text;
  append_encoded(example("/a"), text);
  append_encoded(example("/b"), text);
  CHECK(decoded(text, 0) == example("/a"));
  CHECK(decoded(text, 1) == example("/b"));
  CHECK_FALSE(decoded(text, 2));
}

TEST_CASE("a text that is cut off gives no capture", "[capture]") {
  std::string text;
  append_encoded(example("/a"), text);
  for (std::size_t size = 0; size < text.size(); ++size) {
    CHECK_FALSE(decoded(std::string_view(text).substr(0, size), 0));
  }
}

TEST_CASE("sound and pictures are not kept", "[capture][Q2]") {
  CHECK(mask_of("/v1/chat/completions") == Mask{true, true});
  CHECK(mask_of("/v1/audio/speech") == Mask{true, false});
  CHECK(mask_of("/v1/audio/transcriptions") == Mask{false, true});
  CHECK(mask_of("/v1/images/edits") == Mask{false, false});
}

}  // namespace
}  // namespace llmsnap::capture
