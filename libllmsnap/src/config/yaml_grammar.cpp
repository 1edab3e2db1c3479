#include "config/yaml_grammar.h"

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "config/yaml_scanner.h"
#include "config/yaml_tree.h"

namespace llmsnap {
namespace {

using Kind = YamlToken::Kind;

/// Goes through the tokens once. The first fault ends them: all loops end at the End token.
class Grammar {
 public:
  explicit Grammar(const std::vector<YamlToken>& tokens) : tokens_(tokens) {}

  std::optional<YamlFault> check() {
    if (is_at({Kind::DocumentStart})) {
      take();
      if (is_at({Kind::End})) {
        return fault_;
      }
    } else if (is_at({Kind::End}) && tokens_.size() == 1) {
      return fault_;
    }
    node(Place::Block);
    if (!is_at({Kind::End})) {
      fail("what begins here belongs to nothing");
    }
    return fault_;
  }

 private:
  enum class Place { Block, BlockMember, Flow };

  const YamlToken& token() const { return tokens_[next_]; }
  void take() { ++next_; }
  bool is_at(std::initializer_list<Kind> kinds) const {
    return std::find(kinds.begin(), kinds.end(), token().kind) != kinds.end();
  }
  void fail(std::string_view what) { fail(token().begin, what); }
  void fail(std::size_t at, std::string_view what) {
    if (!fault_) {
      fault_ = YamlFault{at, what};
    }
    next_ = tokens_.size() - 1;
  }

  /// What may be absent: a key, a value, or an item before one of `ends`.
  void node_unless(std::initializer_list<Kind> ends, Place place) {
    if (!is_at(ends)) {
      node(place);
    }
  }

  void node(Place place) {
    if (depth_ > MaxYamlDepth) {
      fail("nested deeper than 64 levels");
      return;
    }
    ++depth_;
    if (is_at({Kind::Alias})) {
      take();
    } else {
      const bool has_properties = take_properties();
      content(place, has_properties);
    }
    --depth_;
  }

  bool take_properties() {
    const std::size_t before = next_;
    if (is_at({Kind::Anchor, Kind::Tag})) {
      const Kind other = is_at({Kind::Anchor}) ? Kind::Tag : Kind::Anchor;
      take();
      if (is_at({other})) {
        take();
      }
    }
    return next_ != before;
  }

  void content(Place place, bool may_be_absent) {
    const bool is_block = place != Place::Flow;
    if (is_at({Kind::Scalar})) {
      take();
    } else if (is_at({Kind::FlowSequenceStart})) {
      flow_collection(Kind::FlowSequenceEnd);
    } else if (is_at({Kind::FlowMappingStart})) {
      flow_collection(Kind::FlowMappingEnd);
    } else if (is_block && is_at({Kind::BlockSequenceStart})) {
      block_sequence();
    } else if (is_block && is_at({Kind::BlockMappingStart})) {
      block_mapping();
    } else if (place == Place::BlockMember && is_at({Kind::BlockEntry})) {
      unindented_sequence();
    } else if (!may_be_absent) {
      fail("expected a value here");
    }
  }

  void block_sequence() {
    take();
    while (is_at({Kind::BlockEntry})) {
      take();
      node_unless({Kind::BlockEntry, Kind::BlockEnd}, Place::Block);
    }
    end_block("expected an item of the list here, with its - (is the indentation right?)");
  }

  /// The list of a key, with its dashes in the key's own column.
  void unindented_sequence() {
    while (is_at({Kind::BlockEntry})) {
      take();
      node_unless({Kind::BlockEntry, Kind::Key, Kind::Value, Kind::BlockEnd}, Place::Block);
    }
  }

  void block_mapping() {
    const auto ends = {Kind::Key, Kind::Value, Kind::BlockEnd};
    take();
    while (is_at({Kind::Key})) {
      take();
      node_unless(ends, Place::BlockMember);
      if (is_at({Kind::Value})) {
        take();
        node_unless(ends, Place::BlockMember);
      }
    }
    end_block("expected a key here (is the indentation right?)");
  }

  void end_block(std::string_view otherwise) {
    if (is_at({Kind::BlockEnd})) {
      take();
    } else {
      fail(otherwise);
    }
  }

  /// `[]` or `{}`: what stands in them differs in nothing but its meaning.
  void flow_collection(Kind end) {
    const std::size_t begin = token().begin;
    take();
    while (!is_at({end, Kind::End})) {
      if (is_at({Kind::Key})) {
        flow_pair(end);
      } else {
        node(Place::Flow);
      }
      if (is_at({Kind::FlowEntry})) {
        take();
      } else if (!is_at({end, Kind::End})) {
        fail("expected a comma, or the end of the [] or {}");
      }
    }
    if (is_at({Kind::End})) {
      fail(begin, "this [ or { is not closed");
    } else {
      take();
    }
  }

  void flow_pair(Kind end) {
    take();
    node_unless({Kind::Value, Kind::FlowEntry, end}, Place::Flow);
    if (is_at({Kind::Value})) {
      take();
      node_unless({Kind::FlowEntry, end}, Place::Flow);
    }
  }

  const std::vector<YamlToken>& tokens_;
  std::size_t next_ = 0;
  int depth_ = 0;
  std::optional<YamlFault> fault_;
};

}  // namespace

std::optional<YamlFault> yaml_fault(std::string_view text) {
  const YamlScan scan = scan_yaml(text);
  return scan.fault ? scan.fault : Grammar(scan.tokens).check();
}

}  // namespace llmsnap
