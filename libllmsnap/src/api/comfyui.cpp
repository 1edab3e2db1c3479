#include <fmt/format.h>

#include "api/call.h"
#include "api/handlers.h"
#include "api/pass_through.h"
#include "llmsnap/model_config.h"

namespace llmsnap::api {
namespace {

constexpr std::string_view Root = "/comfyui";

}  // namespace

Result<Answer> serve_comfyui(Call& call) {
  const auto& head = call.request.head;
  const auto model = call.services.forwarding.models.find(ComfyUiModel);
  if (model == nullptr || model->peer != nullptr) {
    return Error{ErrorCode::NotFound, fmt::format("local model {} not found", ComfyUiModel)};
  }
  std::string_view rest = head.target;
  rest.remove_prefix(Root.size());
  if (head.path == Root) {
    return redirect_answer(head.method, fmt::format("{}/{}", Root, rest));
  }
  const bool is_root = head.path.size() == Root.size() + 1;
  return pass_through(call, ComfyUiModel, rest, is_root ? "" : "only /comfyui/ can start it");
}

}  // namespace llmsnap::api
