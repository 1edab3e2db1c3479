#include "recording.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

namespace fake_model {
namespace {

using Json = nlohmann::json;

std::string from_base64(std::string_view text) {
  constexpr std::string_view Alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = Alphabet.find(c);
    if (value == std::string_view::npos) {
      break;  // the padding
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xff));
    }
  }
  return bytes;
}

bool is_content_type(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name == "content-type";
}

Recording read(const Json& capture) {
  Recording recording;
  recording.path = capture.at("req_path");
  recording.status = capture.value("status", 200);
  recording.body = from_base64(capture.at("resp_body").get<std::string>());
  recording.is_whole = !capture.value("resp_truncated", false);
  recording.is_broken = capture.value("resp_broken", false);
  for (const auto& [name, value] : capture.at("resp_headers").items()) {
    if (is_content_type(name)) {
      recording.content_type = value;
    }
  }
  for (const Json& piece : capture.value("resp_pieces", Json::array())) {
    const std::chrono::duration<double, std::milli> at(piece.at("at_ms").get<double>());
    recording.pieces.push_back(
        {std::chrono::duration_cast<std::chrono::nanoseconds>(at), piece.at("bytes")});
  }
  return recording;
}

}  // namespace

std::optional<Recording> parse_recording(std::string_view text) {
  const Json capture = Json::parse(text, nullptr, false);
  try {
    Recording recording = read(capture);
    return recording.status == 0 ? std::nullopt : std::optional(std::move(recording));
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

Answer played(std::shared_ptr<const Recording> recording) {
  Answer answer;
  answer.status = recording->status;
  answer.content_type = recording->content_type;
  answer.breaks = recording->is_broken;
  const auto& pieces = recording->pieces;
  if (pieces.empty() && !answer.breaks) {
    answer.body = recording->body;
    return answer;
  }
  answer.delay = pieces.empty() ? std::chrono::nanoseconds(0) : pieces.front().at;
  for (std::size_t next = 1; next < pieces.size(); ++next) {
    answer.intervals.push_back(pieces[next].at - pieces[next - 1].at);
  }
  answer.next_piece = [recording = std::move(recording), number = std::size_t{0},
                       begin = std::size_t{0}](std::string& piece) mutable {
    if (number == recording->pieces.size()) {
      return false;  // it broke before its first piece
    }
    const std::size_t size = recording->pieces[number].size;
    piece += recording->body.substr(begin, size);
    begin += size;
    return ++number < recording->pieces.size();
  };
  return answer;
}

}  // namespace fake_model
