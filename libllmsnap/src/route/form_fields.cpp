#include "route/form_fields.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace llmsnap::route {
namespace {

/// RFC 2046 allows 70; some clients write more.
constexpr std::size_t LongestBoundary = 200;

Error bad(std::string why) {
  return {ErrorCode::BadRequest, "error parsing multipart form: " + std::move(why)};
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return ascii::to_lower(x) == ascii::to_lower(y);
         });
}

/// `; name=value` or `; name="value"`, one after the other.
class Parameters {
 public:
  explicit Parameters(std::string_view text) : text_(text) {}

  struct Parameter {
    std::string_view name;
    std::string value;
  };

  /// Absent at the end, and where the text is broken.
  std::optional<Parameter> next() {
    if (!take_semicolons()) {
      return std::nullopt;
    }
    const std::size_t equals = text_.find('=');
    if (equals == std::string_view::npos) {
      broken_ = true;
      return std::nullopt;
    }
    Parameter parameter{ascii::trimmed(text_.substr(0, equals), is_blank), {}};
    text_.remove_prefix(equals + 1);
    take_blanks();
    if (!(text_.starts_with('"') ? take_quoted(parameter.value) : take_token(parameter.value))) {
      broken_ = true;
      return std::nullopt;
    }
    return parameter;
  }

  bool broken() const { return broken_; }

 private:
  void take_blanks() {
    while (!text_.empty() && is_blank(text_.front())) {
      text_.remove_prefix(1);
    }
  }

  bool take_semicolons() {
    take_blanks();
    if (text_.empty()) {
      return false;
    }
    if (text_.front() != ';') {
      broken_ = true;
      return false;
    }
    while (text_.starts_with(';')) {
      text_.remove_prefix(1);
      take_blanks();
    }
    return !text_.empty();
  }

  bool take_token(std::string& out) {
    const std::size_t end = std::min(text_.find(';'), text_.size());
    out = ascii::trimmed(text_.substr(0, end), is_blank);
    text_.remove_prefix(end);
    return !out.empty();
  }

  /// A backslash stands for itself but before a quote or another one: browsers write file names of
  /// Windows with bare ones.
  bool take_quoted(std::string& out) {
    text_.remove_prefix(1);
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (text_[at] == '"') {
        text_.remove_prefix(at + 1);
        return true;
      }
      const bool escapes = text_[at] == '\\' && at + 1 < text_.size() &&
                           (text_[at + 1] == '"' || text_[at + 1] == '\\');
      at += escapes ? 1 : 0;
      out.push_back(text_[at]);
    }
    return false;
  }

  std::string_view text_;
  bool broken_ = false;
};

bool is_boundary(std::string_view text) {
  constexpr std::string_view Marks = "'()+_,-./:=? ";
  return !text.empty() && text.size() <= LongestBoundary && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [Marks](char c) {
           return ascii::is_alphanumeric(c) || Marks.find(c) != std::string_view::npos;
         });
}

Result<void> read_disposition(std::string_view value, FormPart& part) {
  const std::size_t kind_end = std::min(value.find(';'), value.size());
  if (!same(ascii::trimmed(value.substr(0, kind_end), is_blank), "form-data")) {
    return bad("a part is no form-data");
  }
  Parameters parameters(value.substr(kind_end));
  bool has_name = false;
  while (auto parameter = parameters.next()) {
    if (same(parameter->name, "name")) {
      if (std::exchange(has_name, true)) {
        return bad("a part has two names");
      }
      part.name = std::move(parameter->value);
    } else if (same(parameter->name, "name*")) {
      return bad("a part has a name in an encoding");
    } else if (same(parameter->name, "filename") || same(parameter->name, "filename*")) {
      part.is_file = true;
    }
  }
  return parameters.broken() ? bad("the Content-Disposition of a part is broken") : Result<void>();
}

bool changes_nothing(std::string_view encoding) {
  return same(encoding, "7bit") || same(encoding, "8bit") || same(encoding, "binary");
}

}  // namespace

Result<std::string> form_boundary(std::string_view content_type) {
  const std::size_t type_end = std::min(content_type.find(';'), content_type.size());
  if (!same(ascii::trimmed(content_type.substr(0, type_end), is_blank), "multipart/form-data")) {
    return bad("expected Content-Type multipart/form-data");
  }
  Parameters parameters(content_type.substr(type_end));
  std::optional<std::string> boundary;
  while (auto parameter = parameters.next()) {
    if (!same(parameter->name, "boundary")) {
      continue;
    }
    if (boundary) {
      return bad("Content-Type names two boundaries");
    }
    boundary = std::move(parameter->value);
  }
  if (parameters.broken() || !boundary || !is_boundary(*boundary)) {
    return bad("Content-Type names no usable boundary");
  }
  return std::move(*boundary);
}

Result<FormPart> read_part_head(std::string_view head) {
  FormPart part;
  bool has_disposition = false;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos || is_blank(line.front()) ||
        line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      return bad("a line in the head of a part is broken");
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = ascii::trimmed(line.substr(colon + 1), is_blank);
    if (same(name, "content-disposition")) {
      if (std::exchange(has_disposition, true)) {
        return bad("a part has two Content-Disposition");
      }
      if (auto read = read_disposition(value, part); !read) {
        return read.error();
      }
    } else if (same(name, "content-transfer-encoding") && !changes_nothing(value)) {
      return bad("a part has a Content-Transfer-Encoding");
    }
  }
  return part;
}

}  // namespace llmsnap::route
