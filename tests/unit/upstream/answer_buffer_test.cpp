#include "upstream/answer_buffer.h"

#include <string>

#include "catch.h"
#include "scripted_stream.h"

using namespace llmsnap;
using namespace llmsnap::upstream;

TEST_CASE("reads are small while bytes trickle and large while they pour", "[upstream]") {
  StreamScript script;
  BlockList blocks;
  ScriptedStream stream(script);
  AnswerBuffer buffer(blocks);
  auto fill_with = [&](std::size_t size) {
    script.arrivals = {{std::string(size, 'x'), StreamScript::Never}};
    script.largest_read = 0;
    REQUIRE(buffer.fill(stream, NoDeadline));
    return script.largest_read;
  };

  CHECK(fill_with(300) == BlockList::Small);
  buffer.pin(300);
  CHECK(fill_with(100) == BlockList::Small - 300);  // the rest of the head's block
  buffer.consume(100);
  CHECK(fill_with(60'000) == BlockList::Small - 300);
  buffer.consume(buffer.bytes().size());
  CHECK(fill_with(60'000) == BlockList::Large);
  buffer.consume(buffer.bytes().size());
  CHECK(fill_with(100) == BlockList::Large);
  buffer.consume(buffer.bytes().size());
  CHECK(fill_with(100) == BlockList::Small - 300);
}

TEST_CASE("what was not consumed survives the next reads", "[upstream]") {
  StreamScript script;
  BlockList blocks;
  ScriptedStream stream(script);
  AnswerBuffer buffer(blocks);
  std::string expected;
  for (int i = 0; i < 70'000; i += 1'000) {
    expected += std::string(1'000, static_cast<char>('a' + i / 1'000 % 26));
  }
  script.arrivals = {{expected}};
  const std::size_t consumed = GENERATE(0, 10, 3'000);
  REQUIRE(buffer.fill(stream, NoDeadline));
  buffer.consume(consumed);
  while (!buffer.full() && !script.arrivals.empty()) {
    REQUIRE(buffer.fill(stream, NoDeadline));
  }
  CHECK(buffer.bytes() == expected.substr(consumed));
}

TEST_CASE("a block that was given back is the next one taken", "[upstream]") {
  BlockList blocks;
  Block first = blocks.take(BlockList::Small);
  const char* memory = first.data();
  first.release();
  CHECK(blocks.take(BlockList::Small).data() == memory);
  const Block odd = blocks.take(100);
  CHECK(odd.size() == 100);
}
