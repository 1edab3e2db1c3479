#include "command_line.h"

#include "catch.h"

namespace llmsnapd {
namespace {

CommandLine options_of(const std::vector<std::string>& arguments) {
  const auto parsed = parse_command_line(arguments);
  INFO((std::holds_alternative<Ending>(parsed) ? std::get<Ending>(parsed).text : ""));
  REQUIRE(std::holds_alternative<CommandLine>(parsed));
  return std::get<CommandLine>(parsed);
}

Ending ending_of(const std::vector<std::string>& arguments) {
  const auto parsed = parse_command_line(arguments);
  REQUIRE(std::holds_alternative<Ending>(parsed));
  return std::get<Ending>(parsed);
}

TEST_CASE("without flags config.yaml is read and the config decides the rest", "[llmsnapd]") {
  CommandLine expected;
  expected.config = "config.yaml";
  CHECK(options_of({}) == expected);
  CHECK(options_of({"-config-dir", "d"}).config.empty());
  CHECK(options_of({"-config-dir", "d"}).config_dir == "d");
}

TEST_CASE("every spelling of a flag with a value means the same", "[llmsnapd]") {
  const std::vector<std::string> spelling = GENERATE(
      std::vector<std::string>{"--config", "a.yaml"}, std::vector<std::string>{"--config=a.yaml"},
      std::vector<std::string>{"-config", "a.yaml"}, std::vector<std::string>{"-config=a.yaml"});
  CHECK(options_of(spelling).config == "a.yaml");
}

TEST_CASE("listen addresses add up in their order", "[llmsnapd]") {
  const auto options = options_of({"-listen", ":8080", "--listen=[::1]:8081", "-listen=unix:/run/x",
                                   "--listen", "127.0.0.1:0", "-config", "c.yaml"});
  CHECK(options.listen ==
        std::vector<std::string>{":8080", "[::1]:8081", "unix:/run/x", "127.0.0.1:0"});
  CHECK(options.config == "c.yaml");
}

TEST_CASE("both names of the TLS files work in both styles", "[llmsnapd]") {
  const std::string certificate =
      GENERATE("--tls-cert", "-tls-cert", "-tls-cert-file", "--tls-cert-file");
  const std::string key = GENERATE("--tls-key", "-tls-key", "-tls-key-file", "--tls-key-file");
  const auto options = options_of({certificate, "c.pem", key + "=k.pem"});
  CHECK(options.tls_certificate == "c.pem");
  CHECK(options.tls_key == "k.pem");
}

TEST_CASE("one TLS file without the other ends the program with 1", "[llmsnapd]") {
  CHECK(ending_of({"--tls-cert", "c.pem"}).exit_code == 1);
  CHECK(ending_of({"-tls-key-file=k.pem"}).exit_code == 1);
}

TEST_CASE("switches work in both styles and take Go's =false", "[llmsnapd]") {
  CHECK(options_of({"-strict", "--check"}).strict);
  CHECK(options_of({"-check"}).check);
  CHECK_FALSE(options_of({"-strict=false"}).strict);
  CHECK(options_of({"-strict=true"}).strict);
  CHECK(options_of({"-watch-config"}).watch_config);
}

TEST_CASE("a check may name its file at once", "[llmsnapd]") {
  const std::vector<std::string> arguments =
      GENERATE(std::vector<std::string>{"--check-config", "a.yaml", "--resolved"},
               std::vector<std::string>{"-check-config=a.yaml", "-resolved"},
               std::vector<std::string>{"--resolved", "--check-config", "--config", "a.yaml"});
  const auto options = options_of(arguments);
  CHECK(options.check);
  CHECK(options.resolved);
  CHECK(options.config == "a.yaml");
  CHECK(ending_of({"--resolved"}).exit_code == 2);
}

TEST_CASE("a value may look like a flag or hold an equals sign", "[llmsnapd]") {
  CHECK(options_of({"-config", "-listen"}).config == "-listen");
  CHECK(options_of({"-config=a=b.yaml"}).config == "a=b.yaml");
}

TEST_CASE("an empty value means that the flag is not given, and takes no other word",
          "[llmsnapd]") {
  const auto options = options_of({"-listen=", "-watch-config=false", "-config-dir=", "--tls-cert",
                                   "", "-tls-key=", "--listen", "", "--strict"});
  CommandLine expected;
  expected.config = "config.yaml";
  expected.strict = true;
  CHECK(options == expected);
  CHECK(options_of({"-listen=", "-listen", ":80"}).listen == std::vector<std::string>{":80"});
}

TEST_CASE("help and version go to standard output", "[llmsnapd]") {
  const std::string help = GENERATE("--help", "-help", "-h");
  CHECK(ending_of({help}).exit_code == 0);
  CHECK(ending_of({help}).text.find("--listen") != std::string::npos);
  CHECK(ending_of({help}).text.find("with TLS 127.0.0.1:8443") != std::string::npos);
  CHECK(ending_of({"-version"}).exit_code == 0);
  CHECK(ending_of({"--version"}).text.rfind("llmsnapd ", 0) == 0);
  CHECK(ending_of({"--version"}).text.find("(commit ") != std::string::npos);
}

TEST_CASE("what cannot be understood ends the program with 2", "[llmsnapd]") {
  const std::vector<std::string> arguments = GENERATE(
      std::vector<std::string>{"--nonsense"}, std::vector<std::string>{"-nonsense=1"},
      std::vector<std::string>{"stray"}, std::vector<std::string>{"--listen", ":80", "stray"},
      std::vector<std::string>{"-listen=:80", "stray"}, std::vector<std::string>{"-config="},
      std::vector<std::string>{"--check-config", ""}, std::vector<std::string>{"--config"},
      std::vector<std::string>{"--", "x"}, std::vector<std::string>{"-config-dir"},
      std::vector<std::string>{"---config", "x"}, std::vector<std::string>{"-strict=perhaps"});
  CHECK(ending_of(arguments).exit_code == 2);
}

}  // namespace
}  // namespace llmsnapd
