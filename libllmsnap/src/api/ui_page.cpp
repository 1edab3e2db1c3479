// The plain page at /ui/: what runs, and where the rest is. It needs no script and no style.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "api/call.h"
#include "api/handlers.h"
#include "api/html_text.h"
#include "api/text_body.h"
#include "base/ascii.h"
#include "route/selection.h"

namespace llmsnap::api {
namespace {

std::string page(std::string_view content) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>llmsnap</title>"
      "</head>\n<body>\n<h1>llmsnap</h1>\n{}</body></html>\n",
      content);
}

/// What is no path of a page is told so: nothing here is a file.
bool names_page(std::string_view rest) {
  return !rest.starts_with('/') && rest.find("//") == rest.npos &&
         std::all_of(rest.begin(), rest.end(), [](char c) {
           return ascii::is_alphanumeric(c) || c == '/' || c == '-' || c == '_';
         });
}

/// For who has shown no key: nothing but how to.
constexpr std::string_view SignInPage =
    "<p>This server needs an API key: <a href=\"/ui/sign-in\">sign in</a> with any name and the "
    "key as password.</p>\n"
    "<p>Programs send it as <code>Authorization: Bearer KEY</code> or "
    "<code>x-api-key: KEY</code>.</p>\n";

constexpr std::string_view Links =
    "<ul>\n"
    "<li><a href=\"/v1/models\">/v1/models</a>: the models, as programs see them</li>\n"
    "<li><a href=\"/running\">/running</a>: what runs</li>\n"
    "<li><a href=\"/logs/stream\">/logs/stream</a>: what is printed</li>\n"
    "<li><a href=\"/api/version\">/api/version</a>, <a href=\"/health\">/health</a></li>\n"
    "</ul>\n";

std::string_view state_of(const route::Model& model, const route::ModelService& models) {
  if (const auto status = models.status(model)) {
    return name_of(status->state);
  }
  return models.is_ready(model) ? "ready" : "not known to be loaded";
}

std::string row_of(const route::Model& model, const route::ModelService& models) {
  return fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", html_escaped(model.config.id),
                     html_escaped(model.config.name), state_of(model, models));
}

}  // namespace

Result<Answer> show_ui(Call& call) {
  if (!names_page(call.rest())) {
    return Error{ErrorCode::NotFound, "no page of the UI has that path"};
  }
  const auto caller = call.settings.keys.check(call.request.head.fields);
  if (!caller || !caller->roles.infer) {
    return text_answer(200, HtmlText, page(SignInPage));
  }
  const route::ModelService& models = call.services.forwarding.models;
  std::string content = fmt::format(
      "<p>Version {}, commit {}, of {}</p>\n<table>\n<tr><th>Model</th><th>Name</th>"
      "<th>State</th></tr>\n",
      html_escaped(call.services.build.version), html_escaped(call.services.build.commit),
      html_escaped(call.services.build.build_date));
  for (const auto& model : models.list()) {
    if (!model->config.unlisted) {
      content += row_of(*model, models);
    }
  }
  content.append("</table>\n").append(Links);
  return text_answer(200, HtmlText, page(content));
}

}  // namespace llmsnap::api
