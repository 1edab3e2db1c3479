#include "fuzz/upstream_oracle.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <vector>

// By other means than the gateway's own parser, so that both cannot be wrong alike.

namespace llmsnap::test {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           (c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) !=
                          std::string_view::npos);
  });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

std::vector<std::string_view> lines_of(std::string_view head) {
  std::vector<std::string_view> lines;
  for (std::size_t end = 0; (end = head.find("\r\n")) != std::string_view::npos;) {
    lines.push_back(head.substr(0, end));
    head.remove_prefix(end + 2);
  }
  return lines;
}

std::optional<std::string> fault_of_request_line(std::string_view line) {
  static const std::set<std::string_view> Methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return "a request line of other than three parts";
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const bool plain = std::all_of(target.begin(), target.end(),
                                 [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (Methods.count(line.substr(0, first)) == 0 || target.empty() || target.front() != '/' ||
      !plain || line.substr(last) != " HTTP/1.1") {
    return "an odd request line";
  }
  return std::nullopt;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

}  // namespace

std::optional<std::string> fault_of_forwarded(const std::string& head) {
  const std::vector<std::string_view> lines = lines_of(head);
  if (lines.size() < 2 || !lines.back().empty()) {
    return "no whole head";
  }
  if (auto fault = fault_of_request_line(lines.front())) {
    return fault;
  }
  std::multiset<std::string> names;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (colon == std::string_view::npos || !is_name(lines[i].substr(0, colon)) ||
        !is_printable(lines[i].substr(colon + 1))) {
      return "a malformed field line";
    }
    names.insert(lower(lines[i].substr(0, colon)));
  }
  if (names.count("host") != 1) {
    return "not exactly one Host";
  }
  if (names.count("content-length") + names.count("transfer-encoding") > 1) {
    return "more than one length";
  }
  for (const char* gone : {"expect", "te", "trailer", "keep-alive", "proxy-connection",
                           "authorization", "x-api-key", "http2-settings"}) {
    if (names.count(gone) != 0) {
      return std::string(gone) + " was passed on";
    }
  }
  return std::nullopt;
}

}  // namespace llmsnap::test
