#include "fuzz/upstream_oracle.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// By other means than the gateway's own parser, so that both cannot be wrong alike.

namespace llmsnap::test {
namespace {

/// By the name as_read.
using Fields = std::multimap<std::string, std::string>;

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

/// Lower case, and `_` as `-`: that is how CGI-like servers read names.
std::string as_read(std::string_view name) {
  std::string result = lower(name);
  std::replace(result.begin(), result.end(), '_', '-');
  return result;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

std::optional<std::string> fault_of_removed(const Fields& fields) {
  for (const char* gone :
       {"expect", "te", "trailer", "keep-alive", "proxy-connection", "authorization",
        "proxy-authorization", "x-api-key", "http2-settings", "forwarded"}) {
    if (fields.count(gone) != 0) {
      return std::string(gone) + " was passed on";
    }
  }
  return std::nullopt;
}

/// Ours say what is true of a client that talks plain HTTP from 127.0.0.1; others are the client's.
std::optional<std::string> fault_of_provenance(const Fields& fields) {
  const std::string host = lower(fields.find("host")->second);
  const std::map<std::string, std::string> ours{
      {"x-forwarded-for", "127.0.0.1"}, {"x-forwarded-host", host}, {"x-forwarded-proto", "http"}};
  for (const auto& [name, value] : fields) {
    if (name.rfind("x-forwarded-", 0) != 0) {
      continue;
    }
    const auto own = ours.find(name);
    if (own == ours.end() || fields.count(name) != 1 || lower(value) != own->second) {
      return name + " of the client's making";
    }
  }
  return std::nullopt;
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
  Fields fields;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (colon == std::string_view::npos || !is_name(lines[i].substr(0, colon)) ||
        !is_printable(lines[i].substr(colon + 1))) {
      return "a malformed field line";
    }
    fields.emplace(as_read(lines[i].substr(0, colon)), trimmed(lines[i].substr(colon + 1)));
  }
  if (fields.count("host") != 1) {
    return "not exactly one Host";
  }
  if (fields.count("content-length") + fields.count("transfer-encoding") > 1) {
    return "more than one length";
  }
  if (auto fault = fault_of_removed(fields)) {
    return fault;
  }
  return fault_of_provenance(fields);
}

}  // namespace llmsnap::test
