#include "base/ip_network.h"

#include "catch.h"

namespace llmsnap {
namespace {

TEST_CASE("addresses are read in the spellings of both families", "[base]") {
  const std::string good = GENERATE("0.0.0.0", "255.255.255.255", "::", "::1", "1::", "2001:db8::1",
                                    "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "64:ff9b::1.2.3.4",
                                    "1:2:3:4:5:6:1.2.3.4", "::2:3:4:5:6:7:8", "FE80::A");
  CHECK(parse_ip(good).has_value());
}

TEST_CASE("what is no address is refused", "[base]") {
  const std::string bad =
      GENERATE("", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "-1.2.3.4",
               "1..2.3", ":", ":::", "1:2:3", "1:2:3:4:5:6:7:8:9", "1::2::3",
               "12345::", "g::", "::1.2.3", "1.2.3.4::", "[::1]", "::1%eth0",
               "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "1:2:3:4::5:6:7:8", "localhost");
  CHECK_FALSE(parse_ip(bad).has_value());
}

TEST_CASE("the mapped form of an IPv4 address is that address", "[base]") {
  CHECK(parse_ip("::ffff:10.1.2.3") == parse_ip("10.1.2.3"));
  CHECK(parse_ip("::10.1.2.3") != parse_ip("10.1.2.3"));
}

TEST_CASE("a network contains what shares its prefix", "[base]") {
  struct Row {
    std::string network;
    std::string address;
    bool inside;
  };
  const Row row = GENERATE(values<Row>({
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"10.9.9.9/8", "10.0.0.1", true},
      {"192.168.4.0/22", "192.168.7.255", true},
      {"192.168.4.0/22", "192.168.8.0", false},
      {"127.0.0.1", "127.0.0.1", true},
      {"127.0.0.1", "127.0.0.2", false},
      {"0.0.0.0/0", "8.8.8.8", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "2001:db8::1", true},
      {"fd00::/8", "fdff::1", true},
      {"fd00::/8", "fe00::1", false},
      {"2001:db8::/127", "2001:db8::1", true},
      {"2001:db8::/127", "2001:db8::2", false},
      {"10.0.0.0/8", "::ffff:10.0.0.1", true},
  }));
  const auto network = parse_ip_network(row.network);
  REQUIRE(network);
  INFO(row.network << " " << row.address);
  CHECK(network->contains(parse_ip(row.address).value()) == row.inside);
}

TEST_CASE("a network that cannot be is refused", "[base]") {
  const std::string bad = GENERATE("", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1",
                                   "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.0/x", "host/8");
  CHECK_FALSE(parse_ip_network(bad));
}

}  // namespace
}  // namespace llmsnap
