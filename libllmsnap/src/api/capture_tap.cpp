#include "api/capture_tap.h"

#include <algorithm>
#include <utility>

#include "api/answer.h"
#include "api/call.h"
#include "base/ascii.h"
#include "capture/capture_mask.h"
#include "capture/capture_store.h"
#include "record/body_decoder.h"
#include "route/forward.h"
#include "wire/response_head.h"
#include "wire/server_key.h"

namespace llmsnap::api {
namespace {

/// Of one body, so that a few long answers do not push out all others.
constexpr std::size_t MostBytes = std::size_t{1} << 20;
/// More are counted to the last one.
constexpr std::size_t MostPieces = 20'000;
constexpr std::size_t MostAhead = 4096;
/// That JSON begins behind.
constexpr std::size_t LongestBlank = 1024;

/// A body that can be read again; nothing of one that cannot.
void keep_beginning(BodySource& source, std::size_t most, CapturedBody& body) {
  if (body.size > most) {
    return;
  }
  for (auto piece = source.pull(); piece && !piece->empty(); piece = source.pull()) {
    body.bytes += *piece;
  }
  if (!source.rewind()) {
    body.bytes.clear();
  }
}

std::uint64_t size_of_body(const route::ForwardRequest& outgoing) {
  if (outgoing.json != nullptr) {
    return outgoing.json->bytes.size();
  }
  const BodySource* const body = outgoing.form != nullptr ? &outgoing.form->body : outgoing.body;
  return body == nullptr ? 0 : body->length().value_or(0);
}

/// As an answer that nobody can decode is none, whose secrets nobody could see.
bool is_readable(const wire::ResponseHead& head) {
  const auto names_coding = [](const wire::Field& field) {
    return wire::same_name(field.name, "Content-Encoding");
  };
  return !wire::has_coding(head.fields) ||
         (std::count_if(head.fields.begin(), head.fields.end(), names_coding) == 1 &&
          record::can_decode(wire::value_of(head.fields, "Content-Encoding")));
}

/// JSON alone is looked through for secrets. UTF-16 does not begin so, nor do other languages that
/// begin with a bracket.
bool looks_like_json(std::string_view bytes) {
  std::string_view text = ascii::trimmed(bytes.substr(0, LongestBlank), ascii::is_space);
  if (text.empty()) {
    return false;
  }
  const char bracket = text.front();
  text = ascii::trimmed(text.substr(1), ascii::is_space);
  const char next = text.empty() ? '\0' : text.front();
  if (bracket == '{') {
    return next == '"' || next == '}';
  }
  constexpr std::string_view Beginnings = "\"{[]-0123456789";
  return bracket == '[' && (Beginnings.find(next) != Beginnings.npos || text.starts_with("true") ||
                            text.starts_with("false") || text.starts_with("null"));
}

void hide_in(wire::KeptFields& fields, const wire::ServerKey& key) {
  wire::KeptFields shown;
  for (const auto& [name, value] : fields) {
    std::string text(value);
    key.hide_in(text);
    shown.add({name, text});
  }
  fields = std::move(shown);
}

/// Nothing of a form: sound or pictures, and what is said of them.
void keep_beginning(const route::ForwardRequest& outgoing, std::size_t most, CapturedBody& body) {
  if (outgoing.json != nullptr) {
    body.bytes = outgoing.json->bytes.view().substr(0, most);
  } else if (outgoing.body != nullptr) {
    keep_beginning(*outgoing.body, most, body);
    if (!looks_like_json(body.bytes)) {
      body.bytes.clear();
    }
  }
}

std::string_view served_path(const Call& call, const route::ForwardRequest& outgoing) {
  return outgoing.source == Source::Passthrough
             ? outgoing.target.substr(0, outgoing.target.find('?'))
             : call.request.head.path;
}

}  // namespace

CaptureTap::CaptureTap(const Call& call, const route::ForwardRequest& outgoing) {
  TrafficRecord& record = call.request.record;
  const std::size_t budget = call.services.captures.budget();
  if (budget == 0 || !record.metered) {
    return;
  }
  most_bytes_ = std::min(MostBytes, budget / 4);
  const std::string_view path = served_path(call, outgoing);
  const capture::Mask mask = capture::mask_of(path);
  keeps_answer_ = mask.answer_body;
  received_ = record.received;
  store_ = &call.services.captures;
  capture_ = store_->begin();
  capture_->request_id = record.id;
  capture_->method = call.request.head.method;
  capture_->path = path;
  capture_->request_fields.assign(call.request.head.fields);
  if (!store_->reserve(*capture_, capture_->footprint())) {
    capture_.reset();
    return;
  }
  capture_->request.size = size_of_body(outgoing);
  // Of a coded body nobody could see what secrets it holds.
  if (mask.request_body && !wire::has_coding(call.request.head.fields) &&
      store_->reserve(*capture_, std::min<std::uint64_t>(capture_->request.size, most_bytes_))) {
    keep_beginning(outgoing, most_bytes_, capture_->request);
  }
  record.capture = capture_;
}

void CaptureTap::answer(const wire::ResponseHead& head) {
  if (!capture_) {
    return;
  }
  capture_->status = head.status;
  capture_->answer_fields.assign(head.fields);
  keeps_answer_ = keeps_answer_ && is_readable(head);
  if (!store_->reserve(*capture_, capture_->answer_fields.bytes())) {
    capture_->answer_fields = {};
    keeps_answer_ = false;  // without them nobody knows what its bytes are
  }
}

void CaptureTap::pass(std::string_view piece) {
  if (!capture_) {
    return;
  }
  if (keeps_answer_) {
    keep(piece, capture_->answer, capture_->pieces);
  } else {
    capture_->answer.size += piece.size();
  }
}

void CaptureTap::keep(std::string_view piece, CapturedBody& body,
                      std::vector<CapturedPiece>& pieces) {
  const bool is_cut = body.is_truncated();
  body.size += piece.size();
  if (is_cut) {
    return;  // a beginning has no hole, behind which a secret has no name
  }
  piece = piece.substr(0, most_bytes_ - std::min(most_bytes_, body.bytes.size()));
  if (piece.empty() || !has_room(piece.size() + sizeof(CapturedPiece), body.bytes.size())) {
    return;
  }
  body.bytes += piece;
  if (pieces.size() >= MostPieces) {
    pieces.back().size += piece.size();
    return;
  }
  pieces.push_back({std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::steady_clock::now() - received_),
                    piece.size()});
}

/// Reserves ahead, as memory grows: all streams count in one place.
bool CaptureTap::has_room(std::size_t bytes, std::size_t kept_before) {
  if (room_ < bytes) {
    const std::size_t more = std::max(bytes, std::min(kept_before / 4, MostAhead));
    if (!store_->reserve(*capture_, more)) {
      return false;
    }
    room_ += more;
  }
  room_ -= bytes;
  return true;
}

void CaptureTap::broke() {
  if (capture_ && !has_failed_) {
    capture_->is_broken = true;
  }
}

void CaptureTap::hide(const wire::ServerKey& key) {
  if (!capture_) {
    return;
  }
  CapturedBody& body = capture_->answer;
  if (key.empty()) {
    return;
  }
  hide_in(capture_->answer_fields, key);
  if (record::can_decode(capture_->answer_fields.value_of("Content-Encoding"))) {
    body.bytes.clear();  // whether the key is in it nobody can see
    capture_->pieces.clear();
    return;
  }
  const std::size_t before = body.bytes.size();
  const bool ends_anywhere = body.is_truncated() || capture_->is_broken;
  ends_anywhere ? key.hide_in_cut(body.bytes) : key.hide_in(body.bytes);
  if (body.bytes.size() != before) {
    // As one piece: where the others begin now nobody knows.
    body.size = body.size - before + body.bytes.size();
    capture_->pieces = {{capture_->pieces.front().at, body.bytes.size()}};
  }
}

void CaptureTap::began(const Answer& early) {
  if (!capture_) {
    return;
  }
  told_ = std::make_unique<Told>();
  told_->status = early.status;
  told_->fields = wire::KeptFields(early.fields);
  if (!store_->reserve(*capture_, told_->fields.bytes())) {
    told_->fields = {};
  }
}

void CaptureTap::told(std::string_view events) {
  if (told_) {
    keep(events, told_->body, told_->pieces);
  }
}

void CaptureTap::failed(const Answer& answer) {
  if (!capture_) {
    return;
  }
  if (!told_) {
    began(answer);
  }
  if (const auto text = answer.body->pull()) {
    keep(*text, told_->body, told_->pieces);
  }
  answer.body->rewind();
  capture_->status = told_->status;
  capture_->answer_fields = std::move(told_->fields);
  capture_->answer = std::move(told_->body);
  capture_->pieces = std::move(told_->pieces);
  has_failed_ = true;
}

}  // namespace llmsnap::api
