#include "http/response_writer.h"

#include <array>
#include <charconv>

#include "wire/status_reason.h"

namespace llmsnap::http {
namespace {

/// Digits of a number on the stack.
class Digits {
 public:
  Digits(std::uint64_t number, int base) {
    end_ = std::to_chars(text_.data(), text_.data() + text_.size(), number, base).ptr;
  }
  std::string_view view() const {
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }

 private:
  std::array<char, 24> text_{};
  char* end_ = nullptr;
};

void add_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

bool never_has_body(int status) {
  return status / 100 == 1 || status == 204 || status == 304;
}

}  // namespace

ResponseWriter::Framing ResponseWriter::framing_of(const api::Answer& answer,
                                                   const Addressee& addressee) const {
  if (addressee.head_only || never_has_body(answer.status) || !answer.body) {
    return Framing::None;
  }
  if (answer.length) {
    return Framing::Length;
  }
  return addressee.minor_version >= 1 ? Framing::Chunked : Framing::UntilClose;
}

void ResponseWriter::start(const api::Answer& answer, const Addressee& addressee, bool keep_alive,
                           std::string_view date) {
  framing_ = framing_of(answer, addressee);
  keep_alive_ = keep_alive && framing_ != Framing::UntilClose;
  trailers_wanted_ = addressee.accepts_trailers && framing_ == Framing::Chunked;
  announced_ = answer.length.value_or(0);
  head_.clear();
  add_fields(answer, addressee, date);
}

void ResponseWriter::add_fields(const api::Answer& answer, const Addressee& addressee,
                                std::string_view date) {
  std::size_t size = 160;
  for (const wire::Field& field : answer.fields) {
    size += field.name.size() + field.value.size() + 4;
  }
  head_.reserve(size);
  const std::string_view reason =
      answer.reason.empty() ? wire::status_reason(answer.status) : answer.reason;
  head_.append("HTTP/1.1 ").append(Digits(static_cast<std::uint64_t>(answer.status), 10).view());
  head_.append(" ").append(reason).append("\r\n");
  for (const wire::Field& field : answer.fields) {
    add_field(head_, field.name, field.value);
  }
  add_field(head_, "Date", date);
  if (framing_ == Framing::Chunked) {
    add_field(head_, "Transfer-Encoding", "chunked");
  } else if (!never_has_body(answer.status) && (answer.length || !answer.body)) {
    // Also for HEAD: what a GET would announce.
    add_field(head_, "Content-Length", Digits(announced_, 10).view());
  }
  if (answer.status == 101) {
    add_field(head_, "Connection", "upgrade");
  } else if (!keep_alive_) {
    add_field(head_, "Connection", "close");
  } else if (addressee.minor_version == 0) {
    add_field(head_, "Connection", "keep-alive");
  }
  head_.append("\r\n");
}

/// Nothing follows what could not be sent whole.
bool ResponseWriter::send(std::span<const std::string_view> pieces) {
  if (!failure_) {
    return false;
  }
  failure_ = stream_.write_all(pieces, write_idle_);
  head_.clear();
  if (!failure_) {
    keep_alive_ = false;
  }
  return static_cast<bool>(failure_);
}

bool ResponseWriter::flush_head() {
  if (head_.empty()) {
    return true;
  }
  const std::array<std::string_view, 1> pieces{head_};
  return send(pieces);
}

bool ResponseWriter::piece(std::string_view bytes) {
  if (bytes.empty()) {
    return true;  // an empty chunk would end the answer
  }
  if (framing_ == Framing::Length && bytes.size() > announced_ - body_bytes_) {
    const std::string_view rest =
        bytes.substr(0, static_cast<std::size_t>(announced_ - body_bytes_));
    if (!rest.empty()) {
      piece(rest);
    }
    keep_alive_ = false;
    return false;
  }
  if (body_bytes_ == 0) {
    first_byte_ = SteadyClock::now();
  }
  body_bytes_ += bytes.size();
  if (framing_ == Framing::Chunked) {
    const Digits size(bytes.size(), 16);
    const std::array<std::string_view, 5> pieces{head_, size.view(), "\r\n", bytes, "\r\n"};
    return send(pieces);
  }
  const std::array<std::string_view, 2> pieces{head_, bytes};
  return send(pieces);
}

bool ResponseWriter::finish(Trailers trailers) {
  if (framing_ == Framing::Length && body_bytes_ != announced_) {
    keep_alive_ = false;
    return false;
  }
  std::string end;
  if (framing_ == Framing::Chunked) {
    end = "0\r\n";
    for (const auto& [name, value] : trailers_wanted_ ? trailers : Trailers()) {
      add_field(end, name, value);
    }
    end += "\r\n";
  }
  const std::array<std::string_view, 2> pieces{head_, end};
  finished_ = send(pieces);
  return finished_;
}

void ResponseWriter::break_off() {
  keep_alive_ = false;
  if (framing_ == Framing::UntilClose) {
    must_abort_ = true;
    stream_.abort();
  }
}

}  // namespace llmsnap::http
