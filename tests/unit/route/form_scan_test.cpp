#include "route/form_scan.h"

#include <algorithm>
#include <string>
#include <vector>

#include "catch.h"
#include "io/sanitizer.h"
#include "route/form_fields.h"
#include "unit/route/thread_time.h"

namespace llmsnap::route {
namespace {

Result<FormFacts> scan(const std::string& body, std::size_t piece = std::string::npos,
                       const std::string& boundary = "b") {
  FormScanner scanner(boundary);
  for (std::size_t at = 0; at < body.size();) {
    const std::string_view next = std::string_view(body).substr(at, piece);
    at += next.size();
    if (auto taken = scanner.take(next); !taken) {
      return taken.error();
    }
  }
  return std::move(scanner).finish();
}

std::string field(const std::string& name, const std::string& value) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}

const std::string End = "--b--\r\n";

std::string why(const Result<FormFacts>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::BadRequest);
  return result.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the model of a form is found, wherever it stands and however the bytes come",
          "[route]") {
  const std::string file =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../model\"\r\n"
      "Content-Type: audio/wav\r\n\r\n\r\n--\r\n--bb \r\r\n-\r\n--\0x\xff\r\n";
  const std::vector<std::string> forms = {
      field("model", "org/m") + End,
      file.substr(0, file.find("--bb")) + "\r\n" + field("model", "org/m") + End,
      "preamble\r\n\r\n" + field("x", "") + field("model", "org/m") + field("stream", "true") + End,
      "--b \t\r\nContent-Disposition: form-data; name=model\r\nX: y\r\n\r\norg/m\r\n--b--epilogue"
      "\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nother\r\n",
      "--b\r\n\r\nno head\r\n" + field("model", "org/m") + End,
      "--b\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n" + field("model", "org/m") +
          End,
  };
  for (const std::string& form : forms) {
    CAPTURE(form);
    for (std::size_t piece = 1; piece <= form.size(); ++piece) {
      const auto found = scan(form, piece);
      REQUIRE(found);
      REQUIRE(found->model == "org/m");
      CHECK(form.substr(found->model_begin, found->model_end - found->model_begin) == "org/m");
      CHECK(found->stream == contains(form, "stream"));
    }
  }
}

TEST_CASE("a file whose field is called model is no model", "[route]") {
  CHECK(contains(why(scan("--b\r\nContent-Disposition: form-data; name=\"model\"; filename=\"x\""
                          "\r\n\r\nm\r\n" +
                          End)),
                 "missing or invalid 'model' parameter in form data"));
}

TEST_CASE("a form that is broken or could be read in two ways is refused", "[route][C18]") {
  const std::string head = "--b\r\nContent-Disposition: form-data; name=\"model\"";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "ends before its last boundary"},
      {"no form", "ends before its last boundary"},
      {field("model", "m"), "ends before its last boundary"},
      {field("x", "y") + End, "missing or invalid 'model'"},
      {field("model", "") + End, "missing or invalid 'model'"},
      {field("model", "a\nb") + End, "missing or invalid 'model'"},
      {field("model", std::string("a\0b", 3)) + End, "missing or invalid 'model'"},
      {field("model", std::string(2000, 'm')) + End, "too long"},
      {field("model", "m") + field("model", "n") + End, "two fields named model"},
      {"--bx\r\n" + field("model", "m") + End, "goes on behind it"},
      {head + "\r\nContent-Transfer-Encoding: base64\r\n\r\nbQ==\r\n" + End, "Encoding"},
      {head + "\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nm\r\n" + End, "two Content-D"},
      {head + "; name=\"x\"\r\n\r\nm\r\n" + End, "two names"},
      {head + "; name*=utf-8''x\r\n\r\nm\r\n" + End, "encoding"},
      {field(std::string("mod\0el", 6), "m") + End, "broken"},
      {"--b\r\nX: " + std::string(std::size_t{1} << 20, 'x') + "\r\n\r\nm\r\n" + End, "over"},
      {head + "\r\n folded\r\n\r\nm\r\n" + End, "broken"},
      {head + "; filename=\"x\r\n\r\nm\r\n" + End, "broken"},
      {"--b\r\nContent-Disposition: attachment\r\n\r\nm\r\n" + End, "no form-data"},
      {"--b\r\nX: " + std::string(20'000, 'x') + "\r\n\r\nm\r\n" + End, "over 16384 bytes"},
      {"--b" + std::string(20'000, ' ') + "\r\n\r\nm\r\n" + End, "too many spaces"},
  };
  for (const auto& [form, expected] : rows) {
    CAPTURE(form.substr(0, 200));
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::string::npos}) {
      CHECK(contains(why(scan(form, piece)), expected));
    }
  }
  std::string many;
  for (int i = 0; i < 1001; ++i) {
    many += field("x", "y");
  }
  CHECK(contains(why(scan(many + field("model", "m") + End)), "more than 1000 parts"));
}

TEST_CASE("bytes that nearly are a boundary cost no more than others", "[route]") {
  const std::string boundary(70, '-');
  std::string value;
  while (value.size() < (1U << 20)) {
    value += "\r\n" + std::string(70, '-') + "x";
  }
  const std::string form =
      "--" + boundary + "\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n" + value +
      "\r\n--" + boundary + "\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--" +
      boundary + "--\r\n";
  const auto found = scan(form, 128 * 1024, boundary);
  REQUIRE(found);
  CHECK(found->model == "m");
}

// What scanning this form takes: the least of some tries, as others use the machine too.
ThreadTime::duration time_of(const std::string& form, std::size_t piece = std::string::npos) {
  auto least = ThreadTime::duration::max();
  for (int i = 0; i < 3; ++i) {
    const auto begun = ThreadTime::now();
    REQUIRE(scan(form, piece));
    least = std::min(least, ThreadTime::now() - begun);
  }
  return least;
}

TEST_CASE("the time that a form takes is that of its bytes, however they are divided", "[route]") {
  std::string many;
  for (int i = 0; i < 900; ++i) {
    many += field("x" + std::to_string(i), "y");
  }
  const std::string large =
      field("file", std::string(std::size_t{25} << 20, 'z')) + field("model", "m") + End;
  if (!io::SanitizersActive) {  // theirs looks at all that memmem may read, found or not
    CHECK(time_of(many + large) < 4 * time_of(large));  // it was hundreds: each part moved 25 MB
  }
}

TEST_CASE("a long head that comes byte by byte is looked through once", "[route]") {
  const auto heads = [](std::size_t count, std::size_t length) {
    std::string form;
    for (std::size_t i = 0; i < count; ++i) {
      form +=
          "--b" + std::string(length, ' ') + "\r\nX: " + std::string(length, 'x') + "\r\n\r\ny\r\n";
    }
    return form + field("model", "m") + End;
  };
  const std::size_t length = FormScanner::LargestPartHead - 1000;
  CHECK(time_of(heads(40, length), 1) < 4 * time_of(heads(640, length / 16), 1));
}

TEST_CASE("the boundary of a form is read as clients write it", "[route][C18]") {
  CHECK(*form_boundary("multipart/form-data; boundary=----WebKitFormBoundary7MA4") ==
        "----WebKitFormBoundary7MA4");
  CHECK(*form_boundary("Multipart/Form-Data;charset=utf-8;  Boundary=\"a b\"") == "a b");
  CHECK(*form_boundary("multipart/form-data; boundary=0123_'()+-./:=?") == "0123_'()+-./:=?");
  const std::string bad = GENERATE(values<std::string>(
      {"", "application/json", "multipart/form-data",
       "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
       "multipart/form-data; boundary=\"a", "multipart/form-data; boundary=a; boundary=b",
       "multipart/form-data; boundary=\"a \"", "multipart/mixed; boundary=a",
       "multipart/form-data boundary=a", "multipart/form-data; boundary=\"a\\\"b\"",
       "multipart/form-data; boundary=" + std::string(70'000, 'b')}));
  CAPTURE(bad.substr(0, 100));
  CHECK_FALSE(form_boundary(bad));
}

TEST_CASE("names of parts are read with their quotes", "[route]") {
  const auto name = [](const std::string& disposition) {
    const auto part = read_part_head("Content-Disposition: " + disposition);
    return part ? part->name : "?";
  };
  CHECK(name("form-data; name=\"model\"") == "model");
  CHECK(name("FORM-DATA; NAME=model") == "model");
  CHECK(name("form-data; name=\"a\\\"b\"") == "a\"b");
  CHECK(name("form-data; filename=\"C:\\dir\\x; name=y\"; name=\"f\"") == "f");
  CHECK(read_part_head("Content-Disposition: form-data; name=f; filename*=utf-8''x")->is_file);
  CHECK(name("form-data") == "");
}

}  // namespace llmsnap::route
