#include "capture/capture_codec.h"

#include <cstring>

namespace llmsnap {

std::size_t TrafficCapture::footprint() const {
  return sizeof(TrafficCapture) + path.size() + request.bytes.size() + answer.bytes.size() +
         pieces.size() * sizeof(CapturedPiece) + request_fields.bytes() + answer_fields.bytes();
}

}  // namespace llmsnap

namespace llmsnap::capture {
namespace {

constexpr std::string_view EndOfFields;  // every field has a name

void put(std::uint64_t number, std::string& out) {
  while (number >= 0x80) {
    out.push_back(static_cast<char>(number | 0x80));
    number >>= 7;
  }
  out.push_back(static_cast<char>(number));
}

void put(std::string_view text, std::string& out) {
  put(text.size(), out);
  out.append(text);
}

void put(const wire::KeptFields& fields, std::string& out) {
  for (const auto& [name, value] : fields) {
    put(name, out);
    put(value, out);
  }
  put(EndOfFields, out);
}

void put(const CapturedBody& body, std::string& out) {
  put(body.bytes, out);
  put(body.size, out);
}

/// Reads what put wrote; once something does not fit, all else is empty.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool failed() const { return failed_; }
  bool at_end() const { return text_.empty(); }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (text_.empty()) {
        break;
      }
      const auto byte = static_cast<unsigned char>(text_.front());
      text_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    fail();
    return 0;
  }

  std::string_view text() {
    const std::uint64_t size = number();
    if (size > text_.size()) {
      fail();
      return {};
    }
    const std::string_view taken = text_.substr(0, size);
    text_.remove_prefix(size);
    return taken;
  }

  wire::KeptFields fields() {
    wire::KeptFields fields;
    for (std::string_view name = text(); name != EndOfFields; name = text()) {
      fields.add({name, text()});
    }
    return fields;
  }

  CapturedBody body() {
    CapturedBody body;
    body.bytes = text();
    body.size = number();
    return body;
  }

 private:
  void fail() {
    failed_ = true;
    text_ = {};
  }

  std::string_view text_;
  bool failed_ = false;
};

TrafficCapture next_of(Reader& reader) {
  TrafficCapture capture;
  capture.request_id = reader.text();
  capture.method = reader.text();
  capture.path = reader.text();
  capture.request_fields = reader.fields();
  capture.request = reader.body();
  capture.status = static_cast<int>(reader.number());
  capture.answer_fields = reader.fields();
  capture.answer = reader.body();
  for (std::uint64_t left = reader.number(); left > 0 && !reader.failed(); --left) {
    const std::chrono::microseconds at(reader.number());
    capture.pieces.push_back({at, reader.number()});
  }
  capture.is_redacted = reader.number() != 0;
  capture.is_broken = reader.number() != 0;
  return capture;
}

}  // namespace

void append_encoded(const TrafficCapture& capture, std::string& out) {
  put(capture.request_id, out);
  put(capture.method, out);
  put(capture.path, out);
  put(capture.request_fields, out);
  put(capture.request, out);
  put(static_cast<std::uint64_t>(capture.status), out);
  put(capture.answer_fields, out);
  put(capture.answer, out);
  put(capture.pieces.size(), out);
  for (const CapturedPiece& piece : capture.pieces) {
    put(static_cast<std::uint64_t>(piece.at.count()), out);
    put(piece.size, out);
  }
  put(std::uint64_t{capture.is_redacted}, out);
  put(std::uint64_t{capture.is_broken}, out);
}

std::optional<TrafficCapture> decoded(std::string_view text, std::size_t place) {
  Reader reader(text);
  for (std::size_t index = 0; !reader.at_end(); ++index) {
    TrafficCapture capture = next_of(reader);
    if (reader.failed()) {
      return std::nullopt;
    }
    if (index == place) {
      return capture;
    }
  }
  return std::nullopt;
}

}  // namespace llmsnap::capture
