#include "route/query_model.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/hex.h"

namespace llmsnap::route {
namespace {

constexpr std::string_view ModelKey = "model";

struct Parameter {
  std::string_view name;
  std::optional<std::string_view> value;
  std::size_t value_begin = 0;  // in the target
};

/// Calls `visit` with each parameter until it returns false.
template <typename Visit>
void each_parameter(std::string_view target, Visit&& visit) {
  std::size_t begin = target.find('?');
  while (begin != std::string_view::npos) {
    ++begin;
    const std::size_t end = std::min(target.find('&', begin), target.size());
    const std::string_view text = target.substr(begin, end - begin);
    const std::size_t equals = text.find('=');
    Parameter parameter{text.substr(0, equals), std::nullopt, end};
    if (equals != std::string_view::npos) {
      parameter.value = text.substr(equals + 1);
      parameter.value_begin = begin + equals + 1;
    }
    if (!visit(parameter)) {
      return;
    }
    begin = end == target.size() ? std::string_view::npos : end;
  }
}

/// As forms are: a space may be a plus.
std::optional<std::string> unescaped(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decoded(spaced);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool stands_for_itself(char c) {
  return ascii::is_alphanumeric(c) || std::string_view("-._~/:").find(c) != std::string_view::npos;
}

}  // namespace

Result<std::optional<QueryModel>> find_query_model(std::string_view target) {
  std::optional<QueryModel> found;
  std::optional<Error> error;
  each_parameter(target, [&](const Parameter& parameter) {
    if (unescaped(parameter.name) != ModelKey) {
      return true;
    }
    const std::string_view value = parameter.value.value_or("");
    auto name = unescaped(value);
    if (found) {
      error = Error{ErrorCode::BadRequest, "the query names 'model' more than once"};
    } else if (!name || std::any_of(name->begin(), name->end(), is_control)) {
      error = Error{ErrorCode::BadRequest, "'model' in the query is no name of a model"};
    } else {
      found = QueryModel{std::move(*name),
                         {parameter.value_begin, parameter.value_begin + value.size()}};
    }
    return !error.has_value();
  });
  return error ? Result<std::optional<QueryModel>>(*error) : std::move(found);
}

std::string query_escaped(std::string_view text) {
  constexpr std::string_view Digits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    if (stands_for_itself(c)) {
      escaped.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    escaped.push_back('%');
    escaped.push_back(Digits[byte >> 4]);
    escaped.push_back(Digits[byte & 0xf]);
  }
  return escaped;
}

std::string with_query_model(std::string_view target, ByteRange place, std::string_view name) {
  return std::string(target.substr(0, place.begin))
      .append(query_escaped(name))
      .append(target.substr(place.end));
}

bool query_has(std::string_view target, std::string_view name, std::string_view value) {
  bool has = false;
  each_parameter(target, [&](const Parameter& parameter) {
    has = parameter.name == name && parameter.value == value;
    return !has;
  });
  return has;
}

bool query_has(std::string_view target, std::string_view name) {
  bool has = false;
  each_parameter(target, [&](const Parameter& parameter) {
    has = parameter.name == name;
    return !has;
  });
  return has;
}

}  // namespace llmsnap::route
