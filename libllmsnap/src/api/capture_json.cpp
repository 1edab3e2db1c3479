#include "api/capture_json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "capture/redact.h"
#include "record/body_decoder.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

/// What a body that was made to grow may come to.
constexpr std::size_t MostDecoded = std::size_t{16} << 20;

constexpr std::string_view ContentEncoding = "Content-Encoding";

/// The first value of each name.
Json fields_json(const wire::KeptFields& fields, std::string_view without = {}) {
  Json object = Json::object();
  for (const auto& [name, value] : fields) {
    if (!wire::same_name(name, without)) {
      object.emplace(name, value);
    }
  }
  return object;
}

struct Answer {
  std::string body;
  std::vector<std::uint64_t> piece_sizes;
};

/// Adds what the piece stands for.
void decode(record::BodyDecoder& decoder, std::string_view piece, std::string& out) {
  std::array<char, 16 * 1024> room;
  for (std::size_t size = decoder.decode(piece, room); size > 0 && out.size() < MostDecoded;
       size = decoder.decode(piece, room)) {
    out.append(room.data(), size);
  }
}

/// Of a body that could not be looked at while it was coded.
void hide_secrets(Answer& answer) {
  std::string clean = capture::without_secrets(answer.body);
  if (clean == answer.body) {
    return;
  }
  answer.piece_sizes.assign(answer.piece_sizes.size(), 0);
  answer.piece_sizes.back() = clean.size();
  answer.body = std::move(clean);
}

Answer decoded_answer(const TrafficCapture& capture) {
  const std::string_view coding = capture.answer_fields.value_of(ContentEncoding);
  const auto decoder = record::decoder_for(coding);
  Answer answer;
  std::string_view rest = capture.answer.bytes;
  for (const CapturedPiece& piece : capture.pieces) {
    const std::string_view bytes = rest.substr(0, piece.size);
    rest.remove_prefix(bytes.size());
    const std::size_t before = answer.body.size();
    if (decoder) {
      decode(*decoder, bytes, answer.body);
    } else {
      answer.body += bytes;
    }
    answer.piece_sizes.push_back(answer.body.size() - before);
  }
  if (decoder) {
    hide_secrets(answer);
  }
  return answer;
}

Json pieces_json(const TrafficCapture& capture, const Answer& answer) {
  Json pieces = Json::array();
  for (std::size_t i = 0; i < capture.pieces.size(); ++i) {
    const double at = static_cast<double>(capture.pieces[i].at.count()) / 1000;
    pieces.push_back({{"at_ms", at}, {"bytes", answer.piece_sizes[i]}});
  }
  return pieces;
}

}  // namespace

std::string capture_json(std::uint64_t id, const TrafficCapture& capture) {
  const Answer answer = decoded_answer(capture);
  const bool is_decoded = record::can_decode(capture.answer_fields.value_of(ContentEncoding));
  const Json json = {
      {"id", id},
      {"req_path", capture.path},
      {"req_headers", fields_json(capture.request_fields)},
      {"req_body", base64_encoded(capture.request.bytes)},
      {"resp_headers", fields_json(capture.answer_fields, is_decoded ? ContentEncoding : "")},
      {"resp_body", base64_encoded(answer.body)},
      {"method", capture.method},
      {"status", capture.status},
      {"request_id", capture.request_id},
      {"req_size", capture.request.size},
      {"resp_size", capture.answer.size},
      {"req_truncated", capture.request.is_truncated()},
      {"resp_truncated", capture.answer.is_truncated()},
      {"req_redacted", capture.is_redacted},
      {"resp_broken", capture.is_broken},
      {"resp_pieces", pieces_json(capture, answer)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace llmsnap::api
