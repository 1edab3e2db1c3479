#include "api/request_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "api/breather.h"
#include "base/ascii.h"
#include "route/form_fields.h"
#include "route/query_model.h"

namespace llmsnap::api {
namespace {

Result<void> append(std::string_view piece, std::uint64_t limit, JsonText& text) {
  if (piece.size() > limit - text.bytes.size()) {
    return Error{ErrorCode::BodyTooLarge,
                 fmt::format("the request body is larger than limits.jsonBody ({} bytes)", limit)};
  }
  try {
    text.bytes.append(piece);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::Unavailable, "no memory is left for the request body"};
  }
  return text.share.grow_to(text.bytes.allocated());
}

struct NamedLimit {
  std::string_view key;
  std::uint64_t bytes;
};

/// The smallest one that a body of that kind must fit in alone.
NamedLimit limit_for(BodyKind kind, const Limits& limits) {
  if (kind == BodyKind::Json) {
    return limits.bodies_in_flight < limits.json_body
               ? NamedLimit{"limits.bodiesInFlight", limits.bodies_in_flight}
               : NamedLimit{"limits.jsonBody", limits.json_body};
  }
  // What stays in memory needs no room in a file.
  const auto spool = std::max(limits.spool, SpoolLimits().in_memory);
  return spool < limits.upload_body ? NamedLimit{"limits.spool", spool}
                                    : NamedLimit{"limits.uploadBody", limits.upload_body};
}

Result<std::unique_ptr<SpooledBody>> spool(BodySource& source, Services& services) {
  return SpooledBody::read(source, services.spool_limits, services.memory, services.files,
                           services.disk);
}

/// A body in memory, with its place in the budget.
class KeptText final : public BodySource {
 public:
  explicit KeptText(JsonText text) : text_(std::move(text)) {}

  Result<std::string_view> pull() override {
    return std::exchange(pulled_, true) ? std::string_view() : text_.bytes.view();
  }
  bool ready() const override { return true; }
  std::optional<std::uint64_t> length() const override { return text_.bytes.size(); }
  bool rewind() override {
    pulled_ = false;
    return true;
  }

 private:
  const JsonText text_;
  bool pulled_ = false;
};

/// Shows the scanner what passes.
class ScannedSource final : public BodySource {
 public:
  ScannedSource(BodySource& inner, route::FormScanner& scanner)
      : inner_(inner), scanner_(scanner) {}

  Result<std::string_view> pull() override {
    const auto piece = inner_.pull();
    if (!piece) {
      return piece;
    }
    if (auto taken = scanner_.take(*piece); !taken) {
      return taken.error();
    }
    return piece;
  }
  bool ready() const override { return inner_.ready(); }
  std::optional<std::uint64_t> length() const override { return inner_.length(); }

 private:
  BodySource& inner_;
  route::FormScanner& scanner_;
};

}  // namespace

Result<void> check_announced_length(const wire::RequestHead& head, const Limits& limits,
                                    BodyKind kind) {
  const bool is_json = kind == BodyKind::Json;
  if (is_json && head.framing == wire::Framing::None) {
    return Error{ErrorCode::LengthRequired,
                 "the request has no body: send it with Content-Length or chunked"};
  }
  if (kind == BodyKind::None || head.framing != wire::Framing::Length) {
    return {};
  }
  const auto limit = limit_for(kind, limits);
  if (head.content_length <= limit.bytes) {
    return {};
  }
  return Error{ErrorCode::BodyTooLarge,
               fmt::format("the request body of {} bytes is larger than {} ({} bytes)",
                           head.content_length, limit.key, limit.bytes)};
}

Result<JsonText> read_json(Call& call) {
  JsonText text{{}, ByteBudget::Share(call.services.memory)};
  auto* source = call.request.body;
  Breather breather;
  while (source != nullptr) {
    const auto piece = source->pull();
    if (!piece) {
      return piece.error();
    }
    if (piece->empty()) {
      break;
    }
    if (auto kept = append(*piece, call.settings.config.limits.json_body, text); !kept) {
      return kept.error();
    }
    breather.worked(text.bytes.size());
  }
  return text;
}

Result<NamedJson> read_named_json(Call& call) {
  auto text = read_json(call);
  if (!text) {
    return text.error();
  }
  auto facts = route::scan_json_body(text->bytes, Breather::breathe);
  if (!facts) {
    return facts.error();
  }
  if (!facts->model || facts->model->empty()) {
    return Error{ErrorCode::BadRequest, "missing or invalid 'model' key"};
  }
  return NamedJson{std::move(*text), std::move(*facts)};
}

Result<std::unique_ptr<SpooledBody>> read_spooled(Call& call) {
  return call.request.body == nullptr ? std::unique_ptr<SpooledBody>()
                                      : spool(*call.request.body, call.services);
}

namespace {

Result<Form> read_url_encoded(Call& call) {
  auto text = read_json(call);
  if (!text) {
    return text.error();
  }
  // What a query has behind its question mark.
  const std::string query = std::string("?").append(text->bytes.view());
  auto model = route::find_query_model(query);
  if (!model) {
    return model.error();
  }
  if (!*model || (*model)->name.empty()) {
    return Error{ErrorCode::BadRequest, "missing or invalid 'model' parameter in form data"};
  }
  const auto [begin, end] = (*model)->place;
  return Form{std::make_unique<KeptText>(std::move(*text)),
              {.model = std::move((*model)->name),
               .model_begin = begin - 1,
               .model_end = end - 1,
               .stream = route::query_has(query, "stream", "true"),
               .url_encoded = true}};
}

}  // namespace

Result<Form> read_form(Call& call) {
  const std::string_view type = wire::value_of(call.request.head.fields, "Content-Type");
  if (ascii::starts_with_ignoring_case(type, "application/x-www-form-urlencoded")) {
    return read_url_encoded(call);
  }
  const auto boundary = route::form_boundary(type);
  if (!boundary) {
    return boundary.error();
  }
  if (call.request.body == nullptr) {
    return Error{ErrorCode::LengthRequired,
                 "the request has no body: send it with Content-Length or chunked"};
  }
  route::FormScanner scanner(*boundary);
  ScannedSource scanned(*call.request.body, scanner);
  auto body = spool(scanned, call.services);
  if (!body) {
    return body.error();
  }
  auto facts = std::move(scanner).finish();
  if (!facts) {
    return facts.error();
  }
  return Form{std::move(*body), std::move(*facts)};
}

}  // namespace llmsnap::api
