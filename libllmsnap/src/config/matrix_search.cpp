#include "config/matrix_search.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <set>
#include <unordered_map>
#include <utility>

namespace llmsnap {
namespace {

using Word = std::uint64_t;
using Bits = std::span<Word>;
using ConstBits = std::span<const Word>;

constexpr std::size_t WordBits = 64;

// A node keeps at most so many candidates: those with most of what is required, and of these the
// heaviest. The best combination may be missed then; but where one model is required, one with it
// is found, and the result is the same each time. Eight relevant models cannot have more.
constexpr std::size_t MaxCandidates = 256;
// Nodes after so many compared words keep only few, which bounds the time of huge expressions.
constexpr std::size_t MaxComparisons = std::size_t{1} << 24;
constexpr std::size_t FewCandidates = 8;

constexpr std::uint32_t None = std::numeric_limits<std::uint32_t>::max();

void merge(Bits into, ConstBits more) {
  for (std::size_t word = 0; word < into.size(); ++word) {
    into[word] |= more[word];
  }
}

/// `a` has all bits of `b`.
bool covers(ConstBits a, ConstBits b) {
  for (std::size_t word = 0; word < a.size(); ++word) {
    if ((b[word] & ~a[word]) != 0) {
      return false;
    }
  }
  return true;
}

/// `a` has all bits of `b` that are in `mask`.
bool covers_within(ConstBits a, ConstBits b, ConstBits mask) {
  for (std::size_t word = 0; word < a.size(); ++word) {
    if ((b[word] & ~a[word] & mask[word]) != 0) {
      return false;
    }
  }
  return true;
}

/// `a` has all bits of `b` that are not in `mask`.
bool covers_outside(ConstBits a, ConstBits b, ConstBits mask) {
  for (std::size_t word = 0; word < a.size(); ++word) {
    if ((b[word] & ~a[word] & ~mask[word]) != 0) {
      return false;
    }
  }
  return true;
}

/// Rows of bits, one bit for every relevant model.
class BitTable {
 public:
  explicit BitTable(std::size_t width) : width_(width) {}

  void resize(std::size_t rows) { words_.resize(rows * width_); }
  void push_back(ConstBits bits) { words_.insert(words_.end(), bits.begin(), bits.end()); }

  Bits operator[](std::size_t row) { return Bits(words_).subspan(row * width_, width_); }
  ConstBits operator[](std::size_t row) const {
    return ConstBits(words_).subspan(row * width_, width_);
  }

 private:
  std::size_t width_;
  std::vector<Word> words_;
};

/// Combinations of one node as far as they matter, in the order of the expression.
struct Candidates {
  struct Origin {
    std::uint32_t left = None;  ///< the candidate of the left node, if it takes part
    std::uint32_t right = None;
  };

  explicit Candidates(std::size_t width) : masks(width) {}

  std::size_t size() const { return origins.size(); }

  /// Keeps those listed, which ascend.
  void keep(const std::vector<std::size_t>& kept) {
    for (std::size_t to = 0; to < kept.size(); ++to) {
      const std::size_t from = kept[to];
      if (to != from) {
        std::copy_n(masks[from].begin(), masks[from].size(), masks[to].begin());
        own_weights[to] = own_weights[from];
        origins[to] = origins[from];
      }
    }
    masks.resize(kept.size());
    own_weights.resize(kept.size());
    origins.resize(kept.size());
  }

  BitTable masks;
  std::vector<std::int64_t> own_weights;  ///< of the models that only this node can give
  std::vector<Origin> origins;
};

// What makes this exact, and fast: at each node a relevant model is either shared, which is to say
// that a node it is combined with can give it too, or the node's own. Whatever a candidate is
// combined with, its own models add their weights. So of two candidates,
// - the later is dropped if the earlier has its shared models and own ones of at least its weight;
// - the earlier is dropped if the later has its shared models and own ones of a greater weight.
// Where parts of an expression have no model in common, each keeps its one best candidate.
class Search {
 public:
  Search(std::span<const MatrixNode> nodes, std::span<const std::size_t> roots,
         const MatrixWish& wish)
      : nodes_(nodes),
        roots_(roots),
        width_(std::max<std::size_t>(1, (wish.models.size() + WordBits - 1) / WordBits)),
        supports_(width_),
        contexts_(width_),
        is_needed_(nodes.size()),
        required_(width_),
        nothing_(width_),
        scratch_(width_) {
    for (std::size_t bit = 0; bit < wish.models.size(); ++bit) {
      bit_of_.emplace(wish.models[bit].number, bit);
      weights_.push_back(wish.models[bit].weight);
      if (bit < wish.required) {
        set_bit(required_, bit);
      }
    }
  }

  std::optional<MatrixChoice> run() {
    find_supports();
    find_contexts();
    candidates_.reserve(nodes_.size());
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
      candidates_.emplace_back(width_);
      if (is_needed_[node]) {
        fill(node);
      }
    }
    return best();
  }

 private:
  static void set_bit(Bits bits, std::size_t bit) {
    bits[bit / WordBits] |= Word{1} << (bit % WordBits);
  }

  /// The relevant models that occur below each node.
  void find_supports() {
    supports_.resize(nodes_.size());
    for (std::size_t index = 0; index < nodes_.size(); ++index) {
      const MatrixNode& node = nodes_[index];
      if (node.kind != MatrixNode::Kind::Model) {
        merge(supports_[index], supports_[node.left]);
        merge(supports_[index], supports_[node.right]);
      } else if (const auto found = bit_of_.find(node.left); found != bit_of_.end()) {
        set_bit(supports_[index], found->second);
      }
    }
  }

  bool is_possible(std::size_t root) const { return covers(supports_[root], required_); }

  /// For each node that is needed, the relevant models of all that it is combined with.
  void find_contexts() {
    contexts_.resize(nodes_.size());
    for (const std::size_t root : roots_) {
      is_needed_[root] = is_needed_[root] || is_possible(root);
    }
    for (std::size_t index = nodes_.size(); index-- > 0;) {
      const MatrixNode& node = nodes_[index];
      if (!is_needed_[index] || node.kind == MatrixNode::Kind::Model) {
        continue;
      }
      for (const std::size_t child : {node.left, node.right}) {
        is_needed_[child] = true;
        merge(contexts_[child], contexts_[index]);
      }
      if (node.kind == MatrixNode::Kind::And) {
        merge(contexts_[node.left], supports_[node.right]);
        merge(contexts_[node.right], supports_[node.left]);
      }
    }
  }

  void fill(std::size_t index) {
    const MatrixNode& node = nodes_[index];
    switch (node.kind) {
      case MatrixNode::Kind::Model:
        offer(index, supports_[index], {});
        break;
      case MatrixNode::Kind::Or:
        for (std::uint32_t left = 0; left < candidates_[node.left].size(); ++left) {
          offer(index, candidates_[node.left].masks[left], {left, None});
        }
        for (std::uint32_t right = 0; right < candidates_[node.right].size(); ++right) {
          offer(index, candidates_[node.right].masks[right], {None, right});
        }
        break;
      case MatrixNode::Kind::And:
        fill_with_pairs(index);
        break;
    }
    keep_heaviest(candidates_[index], most_candidates());
  }

  void fill_with_pairs(std::size_t index) {
    const Candidates& lefts = candidates_[nodes_[index].left];
    const Candidates& rights = candidates_[nodes_[index].right];
    for (std::uint32_t left = 0; left < lefts.size(); ++left) {
      for (std::uint32_t right = 0; right < rights.size(); ++right) {
        std::copy_n(lefts.masks[left].begin(), width_, scratch_.begin());
        merge(scratch_, rights.masks[right]);
        offer(index, scratch_, {left, right});
      }
    }
  }

  /// Adds a candidate after those that the node has, if it can matter.
  void offer(std::size_t index, ConstBits mask, Candidates::Origin origin) {
    const ConstBits shared = contexts_[index];
    if (!covers_outside(mask, required_, shared)) {
      return;
    }
    Candidates& listed = candidates_[index];
    const std::int64_t own = weight_outside(mask, shared);
    kept_.clear();
    comparisons_ += listed.size() * width_;
    for (std::size_t other = 0; other < listed.size(); ++other) {
      const std::int64_t others_own = listed.own_weights[other];
      if (others_own >= own && covers_within(listed.masks[other], mask, shared)) {
        return;
      }
      if (others_own >= own || !covers_within(mask, listed.masks[other], shared)) {
        kept_.push_back(other);
      }
    }
    listed.keep(kept_);
    listed.masks.push_back(mask);
    listed.own_weights.push_back(own);
    listed.origins.push_back(origin);
    if (listed.size() > 2 * most_candidates()) {
      keep_heaviest(listed, most_candidates());
    }
  }

  std::size_t most_candidates() const {
    return comparisons_ < MaxComparisons ? MaxCandidates : FewCandidates;
  }

  /// Those with most of what is required, the heaviest of them.
  void keep_heaviest(Candidates& listed, std::size_t most) const {
    if (listed.size() <= most) {
      return;
    }
    std::vector<std::pair<std::size_t, std::int64_t>> ranks;
    for (std::size_t candidate = 0; candidate < listed.size(); ++candidate) {
      const ConstBits mask = listed.masks[candidate];
      ranks.emplace_back(required_in(mask), weight_of(mask));
    }
    std::vector<std::size_t> kept(listed.size());
    std::iota(kept.begin(), kept.end(), std::size_t{0});
    std::stable_sort(kept.begin(), kept.end(),
                     [&ranks](std::size_t a, std::size_t b) { return ranks[a] > ranks[b]; });
    kept.resize(most);
    std::sort(kept.begin(), kept.end());
    listed.keep(kept);
  }

  std::size_t required_in(ConstBits mask) const {
    std::size_t count = 0;
    for (std::size_t word = 0; word < width_; ++word) {
      count += static_cast<std::size_t>(std::popcount(mask[word] & required_[word]));
    }
    return count;
  }

  std::int64_t weight_outside(ConstBits mask, ConstBits shared) const {
    std::int64_t weight = 0;
    for (std::size_t word = 0; word < width_; ++word) {
      for (Word left = mask[word] & ~shared[word]; left != 0; left &= left - 1) {
        weight += weights_[word * WordBits + static_cast<std::size_t>(std::countr_zero(left))];
      }
    }
    return weight;
  }

  std::int64_t weight_of(ConstBits mask) const { return weight_outside(mask, nothing_); }

  std::optional<MatrixChoice> best() const {
    std::optional<MatrixChoice> choice;
    std::uint32_t chosen = None;
    std::int64_t heaviest = 0;
    for (std::size_t index = 0; index < roots_.size(); ++index) {
      const Candidates& listed = candidates_[roots_[index]];
      for (std::uint32_t candidate = 0; candidate < listed.size(); ++candidate) {
        const ConstBits mask = listed.masks[candidate];
        const std::int64_t weight = weight_of(mask);
        if (covers(mask, required_) && (!choice || weight > heaviest)) {
          choice = MatrixChoice{index, {}};
          chosen = candidate;
          heaviest = weight;
        }
      }
    }
    if (choice) {
      choice->members = members_of(roots_[choice->root], chosen);
    }
    return choice;
  }

  // A set that refers twice to one that refers twice, and so on, gives few candidates with many
  // ways to them: each is visited once.
  std::vector<std::size_t> members_of(std::size_t root, std::uint32_t candidate) const {
    std::set<std::size_t> members;
    std::set<std::pair<std::size_t, std::uint32_t>> seen{{root, candidate}};
    std::vector<std::pair<std::size_t, std::uint32_t>> open{{root, candidate}};
    const auto visit = [&seen, &open](std::size_t index, std::uint32_t origin) {
      if (origin != None && seen.emplace(index, origin).second) {
        open.emplace_back(index, origin);
      }
    };
    while (!open.empty()) {
      const auto [index, of] = open.back();
      open.pop_back();
      const MatrixNode& node = nodes_[index];
      if (node.kind == MatrixNode::Kind::Model) {
        members.insert(node.left);
        continue;
      }
      const Candidates::Origin origin = candidates_[index].origins[of];
      visit(node.left, origin.left);
      visit(node.right, origin.right);
    }
    return {members.begin(), members.end()};
  }

  const std::span<const MatrixNode> nodes_;
  const std::span<const std::size_t> roots_;
  const std::size_t width_;
  std::unordered_map<std::size_t, std::size_t> bit_of_;  // by model
  std::vector<std::int64_t> weights_;                    // by bit
  BitTable supports_;                                    // by node, as the next two
  BitTable contexts_;
  std::vector<bool> is_needed_;
  std::vector<Word> required_;
  std::vector<Word> nothing_;
  std::vector<Word> scratch_;           // a pair's
  std::vector<std::size_t> kept_;       // of offer()
  std::vector<Candidates> candidates_;  // by node
  std::size_t comparisons_ = 0;
};

}  // namespace

std::optional<MatrixChoice> heaviest_choice(std::span<const MatrixNode> nodes,
                                            std::span<const std::size_t> roots,
                                            const MatrixWish& wish) {
  return Search(nodes, roots, wish).run();
}

}  // namespace llmsnap
