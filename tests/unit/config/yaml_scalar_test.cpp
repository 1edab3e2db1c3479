#include "config/yaml_scalar.h"

#include "catch.h"

namespace llmsnap {
namespace {

YamlNode plain(std::string text) {
  YamlNode node;
  node.kind = YamlNode::Kind::Scalar;
  node.text = std::move(text);
  return node;
}

TEST_CASE("a plain scalar is printed as Go prints its value", "[config]") {
  struct Row {
    std::string text;
    std::string printed;
  };
  const Row row = GENERATE(values<Row>({
      {"0.70", "0.7"},
      {"1.0", "1"},
      {"1000000.0", "1e+06"},
      {"123456.0", "123456"},
      {"1234567.0", "1.234567e+06"},
      {"0.0001", "0.0001"},
      {"0.00001", "1e-05"},
      {"1e3", "1000"},
      {"-2.50", "-2.5"},
      {".5", "0.5"},
      {"5.", "5"},
      {"017", "15"},
      {"0o17", "15"},
      {"0x1F", "31"},
      {"0b101", "5"},
      {"1_000", "1000"},
      {"+5", "5"},
      {"08", "8"},
      {"-0x10", "-16"},
      {"18446744073709551615", "18446744073709551615"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"100000000000000000000", "1e+20"},
      {"True", "true"},
      {"FALSE", "false"},
      {"yes", "yes"},
      {"on", "on"},
      {"tRue", "tRue"},
      {"1.2.3", "1.2.3"},
      {"8k", "8k"},
      {"-", "-"},
      {"1e", "1e"},
      {"0x", "0x"},
      {"--x", "--x"},
      {"2024-01-01", "2024-01-01"},
      {"127.0.0.1", "127.0.0.1"},
      {"0.1", "0.1"},
      {"0.30000000000000004", "0.30000000000000004"},
      {"-0.0", "-0"},
  }));
  INFO(row.text);
  CHECK(printed_value(plain(row.text)) == row.printed);
}

TEST_CASE("a quoted scalar is a text, whatever it looks like", "[config]") {
  YamlNode node = plain("0.70");
  node.quoted = true;
  CHECK(printed_value(node) == "0.70");
  CHECK(std::holds_alternative<std::string>(scalar_value(node)));
}

TEST_CASE("numbers have the type that they are written in", "[config]") {
  CHECK(std::get<std::int64_t>(scalar_value(plain("12"))) == 12);
  CHECK(std::get<double>(scalar_value(plain("12.0"))) == 12.0);
  CHECK(std::get<std::uint64_t>(scalar_value(plain("9223372036854775808"))) ==
        9223372036854775808u);
  CHECK(std::get<bool>(scalar_value(plain("true"))));
  CHECK(std::get<std::string>(scalar_value(plain("no"))) == "no");
}

}  // namespace
}  // namespace llmsnap
