#include "config/yaml_list_texts.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace llmsnap {
namespace {

/// Long lines of blanks before many short ones would ask for any amount of memory.
constexpr std::size_t MaxGrowth = 8;

std::size_t indentation(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

/// Takes `&name !tag ` off the front; false if there is none.
bool take_properties(std::string_view& rest) {
  bool found = false;
  while (rest.starts_with('&') || rest.starts_with('!')) {
    rest.remove_prefix(std::min(rest.find(' '), rest.size()));
    rest.remove_prefix(indentation(rest));
    found = true;
  }
  return found;
}

/// `|`, `>-` and the like, without a number, and perhaps a comment.
bool is_block_header(std::string_view rest) {
  if (!rest.starts_with('|') && !rest.starts_with('>')) {
    return false;
  }
  rest.remove_prefix(1);
  if (rest.starts_with('+') || rest.starts_with('-')) {
    rest.remove_prefix(1);
  }
  const std::size_t behind = rest.find_first_not_of(" \t\r");
  return behind == std::string_view::npos || (behind > 0 && rest[behind] == '#');
}

struct Item {
  std::size_t dash;        // the column of its last `-`
  std::size_t properties;  // that of its `&` or `!`
};

/// The item of a list that begins on this line, if it is a text of lines with properties.
std::optional<Item> item_of(std::string_view line) {
  Item item{0, indentation(line)};
  std::string_view rest = line.substr(item.properties);
  bool is_item = false;
  while (rest.starts_with("- ")) {
    is_item = true;
    item.dash = item.properties;
    rest.remove_prefix(1);
    item.properties += 1 + indentation(rest);
    rest.remove_prefix(indentation(rest));
  }
  return is_item && take_properties(rest) && is_block_header(rest) ? std::optional(item)
                                                                   : std::nullopt;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

std::string_view without_end(std::string_view line) {
  return line.substr(0, line.find('\n'));
}

}  // namespace

std::string with_deeper_list_texts(std::string_view text) {
  std::string out;
  std::optional<Item> item;
  std::size_t indent = 0;  // of the item's lines, as it was; 0: none was seen yet
  for (const std::string_view line : lines_of(text)) {
    const std::string_view content = without_end(line);
    if (item && !is_blank(content)) {
      indent = indent != 0 ? indent : std::max(indentation(content), item->dash + 1);
      if (indentation(content) < indent) {
        item.reset();
      } else if (indent <= item->properties) {
        out.append(item->properties + 1 - indent, ' ');
      }
    }
    if (!item) {
      item = item_of(content);
      indent = 0;
    }
    out += line;
    if (out.size() > MaxGrowth * text.size()) {
      return std::string(text);
    }
  }
  return out;
}

}  // namespace llmsnap
