#include "base/placeholder.h"

#include "llmsnap/config.h"

namespace llmsnap {
namespace {

bool is_literal(std::string_view text, std::size_t at) {
  return at > 0 && text[at - 1] == '$';
}

std::string filled(std::string_view text, std::string_view placeholder, std::string_view value) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find(placeholder); at != std::string_view::npos;
       at = text.find(placeholder, copied)) {
    const bool stays = is_literal(text, at);
    out += text.substr(copied, at - copied - (stays ? 1 : 0));
    out += stays ? placeholder : value;
    copied = at + placeholder.size();
  }
  out += text.substr(copied);
  return out;
}

}  // namespace

std::size_t find_placeholder(std::string_view text, std::string_view placeholder,
                             std::size_t from) {
  std::size_t at = text.find(placeholder, from);
  while (at != std::string_view::npos && is_literal(text, at)) {
    at = text.find(placeholder, at + 1);
  }
  return at;
}

std::string with_port(std::string_view template_text, std::uint16_t port) {
  return filled(template_text, PortPlaceholder, std::to_string(port));
}

std::string with_pid(std::string_view template_text, pid_t pid) {
  return filled(template_text, PidPlaceholder, std::to_string(pid));
}

std::string proxy_url(const ModelConfig& model) {
  return with_port(model.proxy, model.port);
}

}  // namespace llmsnap
