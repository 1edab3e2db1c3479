#include "capture/capture_mask.h"

#include <array>
#include <utility>

namespace llmsnap::capture {

Mask mask_of(std::string_view path) {
  constexpr Mask TextIn{.request_body = true, .answer_body = false};
  constexpr Mask TextOut{.request_body = false, .answer_body = true};
  constexpr Mask NoBodies{.request_body = false, .answer_body = false};
  constexpr std::array<std::pair<std::string_view, Mask>, 7> Masks{{
      {"/v1/audio/speech", TextIn},
      {"/v1/images/generations", TextIn},
      {"/sdapi/v1/txt2img", TextIn},
      {"/v1/audio/voices", TextOut},
      {"/v1/audio/transcriptions", TextOut},
      {"/v1/images/edits", NoBodies},
      {"/sdapi/v1/img2img", NoBodies},
  }};
  for (const auto& [known, mask] : Masks) {
    if (path == known) {
      return mask;
    }
  }
  return {};
}

}  // namespace llmsnap::capture
