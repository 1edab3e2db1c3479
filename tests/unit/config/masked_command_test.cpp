#include "config/masked_command.h"

#include "base/command_line.h"
#include "catch.h"

namespace llmsnap {

TEST_CASE("a command without a secret is shown as it is written", "[config]") {
  const std::string command = GENERATE(
      "llama-server  --port 5800 \\\n -m 'a b.gguf'", "", "x --tokenizer t --max-tokens 5",
      "sh -c 'exec \"y\"  --key-file k'", "x '", "# nothing", "x --keep 5  max_tokens=7 -n 1",
      "docker run -v token:/run/token --user 1000:1000  img", "x --no-auth  m.gguf",
      "srv  '{\"max_tokens\": 5, \"eos_token\": \"</s>\"}'", "curl http://h:80/a?x=1&max_tokens=2",
      "curl  -H 'Accept: text/html'", "git clone ssh://git@h/x  y", "env  PWD=/x OLDPWD=/y z",
      "x --override-kv  tokenizer.ggml.add_bos_token=bool:false", "x --stop-token  3",
      "sh -c 'echo \"Enter the token: \"; exec  y'");
  CHECK(masked_command(command) == command);
}

TEST_CASE("the secrets of a command are masked, however they are written", "[config]") {
  struct Row {
    std::string command;
    std::string shown;
  };
  const Row row = GENERATE(values<Row>({
      {"x --api-key sesame --port 1", "x --api-key *** --port 1"},
      {"x --api-key=sesame", "x --api-key=***"},
      {"docker run -e HF_TOKEN=sesame img", "docker run -e HF_TOKEN=*** img"},
      {"docker run --env=HF_TOKEN=sesame img", "docker run --env=HF_TOKEN=*** img"},
      {"x --api-key 'arg sesame' 'a b'", "x --api-key *** 'a b'"},
      {"x '--api-key=arg sesame'", "x --api-key=***"},
      {"x --api-key --port", "x --api-key --port"},
      {"curl -H \"Authorization: Bearer sesame\" u", "curl -H 'Authorization: ***' u"},
      {"curl --header=X-Api-Key:\\ sesame u", "curl '--header=X-Api-Key: ***' u"},
      {"curl -H X-Api-Key:sesame u", "curl -H X-Api-Key:*** u"},
      {"curl -HCookie:sesame u", "curl -HCookie:*** u"},
      {"curl -u me:sesame u", "curl -u me:*** u"},
      {"curl -sSu me:sesame u", "curl -sSu me:*** u"},
      {"curl -ume:sesame u", "curl -ume:*** u"},
      {"x --api-key -sesame", "x --api-key ***"},
      {"llama-server -hft sesame", "llama-server -hft ***"},
      {"x A=B=C=D=E=F=http://u:sesame@h/", "x A=B=C=D=E=F=http://u:***@h/"},
      {"x A=B=C=D=E=F=HF_TOKEN=sesame", "x A=B=C=D=E=F=HF_TOKEN=***"},
      {"x --auth-header 'Bearer sesame'", "x --auth-header 'Bearer ***'"},
      {"x http://me:sesame@h:1/p", "x http://me:***@h:1/p"},
      {"x --proxy=https://sesame@h", "x --proxy=https://***@h"},
      {"x 'http://h/p?a=1&api_key=sesame&b=2'", "x http://h/p?a=1&api_key=***&b=2"},
      {"x --opts '{\"a\":1,\"apiKey\":\"sesame\"}'", "x --opts '{\"a\":1,\"apiKey\":\"***\"}'"},
      {"x Host=h;Password=sesame", "x Host=h;Password=***"},
      {"GITHUB_PAT=sesame API_KEY_2=sesame x", "GITHUB_PAT=*** API_KEY_2=*** x"},
  }));
  CHECK(masked_command(row.command) == row.shown);
}

TEST_CASE("a command in a word of a command hides its secrets too", "[config]") {
  const std::string shown =
      masked_command(R"(sh -c "exec x --api-key argsecret --name 'it is' > log")");
  CHECK(shown.find("argsecret") == std::string::npos);
  CHECK(split_command(shown).value() ==
        std::vector<std::string>{"sh", "-c", "exec x --api-key *** --name 'it is' > log"});
  CHECK(masked_command("sh -c \"curl -H 'Authorization: Basic sesame' u | x\"").find("sesame") ==
        std::string::npos);
}

TEST_CASE("of an item of an environment the value is masked where the name says so", "[config]") {
  struct Row {
    std::string item;
    std::string shown;
  };
  const Row row = GENERATE(values<Row>({
      {"HF_TOKEN=s=t", "HF_TOKEN=***"},
      {"OPENAI_API_KEY=s", "OPENAI_API_KEY=***"},
      {"CLIENT_SECRET=s", "CLIENT_SECRET=***"},
      {"db_password=s", "db_password=***"},
      {"GH_PAT=s", "GH_PAT=***"},
      {"BASIC_AUTH=a:b", "BASIC_AUTH=***"},
      {"MYSQL_PWD=s", "MYSQL_PWD=***"},
      {"ARGS=--api-key s --port 1", "ARGS=--api-key *** --port 1"},
      {"DATABASE=postgres://u:s@h/d", "DATABASE=postgres://u:***@h/d"},
      {"HEADERS={\"Authorization\":\"s\"}", "HEADERS={\"Authorization\":\"***\"}"},
      {"PATH=/bin", "PATH=/bin"},
      {"TOKENIZERS_PARALLELISM=false", "TOKENIZERS_PARALLELISM=false"},
      {"TOKEN_FILE=/run/token", "TOKEN_FILE=/run/token"},
      {"MAX_TOKENS=5", "MAX_TOKENS=5"},
      {"TOKEN", "TOKEN"},
      {"TOKEN=", "TOKEN="},
  }));
  CHECK(masked_word(row.item) == row.shown);
}

}  // namespace llmsnap
