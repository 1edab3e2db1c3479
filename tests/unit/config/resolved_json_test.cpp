#include <nlohmann/json.hpp>

#include "config_text.h"

namespace llmsnap {
namespace {

using Json = nlohmann::json;

Json resolved(const std::string& text) {
  return Json::parse(resolved_json(config_of(text)));
}

TEST_CASE(
    "a resolved model shows its words, port, address and group, with macros and port filled in",
    "[config]") {
  const Json all = resolved(
      "macros: {t: 0.70}\n"
      "models:\n"
      "  q:\n"
      "    cmd: |\n"
      "      srv --port ${PORT} --temp ${t}\n"
      "      # --left out\n"
      "      --name 'a b'\n"
      "    env: ['A=${PORT}']\n"
      "    aliases: [al]\n"
      "    ttl: 1.5\n"
      "    filters: {stripParams: 'b, a', setParams: {x: [1, yes]}}\n"
      "  r: {proxy: 'http://h:1'}\n"
      "groups: {g: {members: [q], exclusive: false}}\n");
  const Json& q = all["models"]["q"];
  CHECK(q["argv"] == Json({"srv", "--port", "5800", "--temp", "0.7", "--name", "a b"}));
  CHECK(q["env"] == Json({"A=5800"}));
  CHECK(q["port"] == 5800);
  CHECK(q["proxy"] == "http://127.0.0.1:5800");
  CHECK(q["group"] == "g");
  CHECK(q["aliases"] == Json({"al"}));
  CHECK(q["ttl"] == 1.5);
  CHECK(q["filters"]["stripParams"] == Json({"a", "b"}));
  CHECK(q["filters"]["setParams"]["x"] == Json({1, "yes"}));
  CHECK(all["models"]["r"]["group"] == "(default)");
  CHECK(all["models"]["r"]["argv"].empty());
  CHECK(all["groups"]["g"]["exclusive"] == false);
}

TEST_CASE("secrets in a resolved config are masked", "[config]") {
  const std::string text = resolved_json(
      config_of("apiKeys: [sesame-1]\n"
                "models: {x: {cmd: 'srv ${PORT} --api-key sesame-2 --hf-token=sesame-3 --keys',\n"
                "             env: [HF_TOKEN=sesame-4, DB_PASSWORD=sesame-5, A=b]}}\n"));
  CHECK_FALSE(contains(text, "sesame"));
  CHECK(contains(text, "HF_TOKEN=***"));
  CHECK(contains(text, "A=b"));
  CHECK(contains(text, "--keys"));
}

TEST_CASE("wherever a config may hold a secret, it is masked in what is shown", "[config]") {
  const std::string text = resolved_json(config_of(
      "models:\n"
      "  x:\n"
      "    cmd: |\n"
      "      srv ${PORT} -H \"Authorization: Bearer sesame\"\n"
      "    cmdStop: curl http://u:sesame@h\n"
      "    checkEndpoint: /health?token=sesame\n"
      "    env: ['DB=postgres://u:sesame@h', GH_PAT=sesame]\n"
      "    filters: {setParams: {api_key: sesame, a: {password: sesame}, auth.b: sesame},\n"
      "              setParamsByID: {y: {'token?': sesame}}}\n"
      "    metadata: {token: sesame, list: [{secret: sesame}], kept: shown-1}\n"
      "    sleepMode: enable\n"
      "    sleepEndpoints: [{endpoint: '/s?key=sesame&level=2', body: '{\"api_key\": "
      "\"sesame\"}'}]\n"
      "    wakeEndpoints: [{endpoint: /w, body: 'token=sesame'}]\n"
      "peers: {p: {proxy: 'http://h', models: [m], filters: {setParams: {apiKey: sesame}}}}\n"
      "selectors: {s: {strategy: pin, targets: [x], metadata: {auth: sesame}}}\n"));
  CHECK_FALSE(contains(text, "sesame"));
  CHECK(contains(text, "shown-1"));
  CHECK(contains(text, "/s?key=***&level=2"));
}

TEST_CASE("peers, selectors and profiles are shown resolved, a peer's key masked", "[config]") {
  const std::string text =
      "models: {a: {proxy: 'http://h', aliases: [al]}}\n"
      "peers:\n"
      "  p: {proxy: 'http://h/b', apiKey: sesame, models: [m], timeouts: {connect: 500ms}}\n"
      "  q: {proxy: 'http://h', models: [n], filters: {stripParams: x}}\n"
      "selectors: {s: {strategy: warm, targets: [al], unlisted: true, metadata: {k: 1}}}\n"
      "profiles: {f: {description: d, pins: {x: m, y: }}}\n";
  const Json all = resolved(text);
  CHECK_FALSE(contains(all.dump(), "sesame"));
  const Json no_filters{{"stripParams", Json::array()},
                        {"setParams", Json::object()},
                        {"setParamsByID", Json::object()}};
  CHECK(all["peers"]["p"] == Json({{"proxy", "http://h/b"},
                                   {"apiKey", "***"},
                                   {"models", {"m"}},
                                   {"filters", no_filters},
                                   {"timeouts",
                                    {{"connect", 0.5},
                                     {"tlsHandshake", 10},
                                     {"responseHeader", 60},
                                     {"idle", 0},
                                     {"keepalive", 30},
                                     {"idleConn", 90}}}}));
  CHECK(all["peers"]["q"]["apiKey"] == "");
  CHECK(all["peers"]["q"]["filters"]["stripParams"] == Json({"x"}));
  CHECK(all["selectors"] == Json({{"s",
                                   {{"strategy", "warm"},
                                    {"targets", {"al"}},
                                    {"settings", {{"spillover", 1}}},
                                    {"name", ""},
                                    {"description", ""},
                                    {"unlisted", true},
                                    {"metadata", {{"k", 1}}}}}}));
  CHECK(all["profiles"] ==
        Json({{"f", {{"description", "d"}, {"pins", {{"x", "m"}, {"y", nullptr}}}}}}));
}

TEST_CASE("what only sounds like a secret is shown in a resolved config", "[config]") {
  const std::string command =
      "srv ${PORT} --max-num-batched-tokens 1 --tokenizer 2 --ssl-key-file 3 "
      "--override-kv tokenizer.ggml.add_bos_token=bool:false TOKENIZERS_PARALLELISM=4";
  const Json shown = resolved("models: {x: {cmd: '" + command + "'}}\n")["models"]["x"]["argv"];
  CHECK(shown == Json({"srv", "5800", "--max-num-batched-tokens", "1", "--tokenizer", "2",
                       "--ssl-key-file", "3", "--override-kv",
                       "tokenizer.ggml.add_bos_token=bool:false", "TOKENIZERS_PARALLELISM=4"}));
  const std::string secret =
      GENERATE("--api-key sesame", "--apiKey=sesame", "-e HF_TOKEN=sesame", "--db.password sesame",
               "sh -c 'export A_SECRET_ID=sesame; run'", "AWS_SECRET_ACCESS_KEY=sesame");
  CHECK_FALSE(contains(
      resolved("models:\n  x:\n    cmd: |\n      srv ${PORT} " + secret + "\n").dump(), "sesame"));
}

TEST_CASE("with a matrix a resolved model has no group", "[config]") {
  const Json all = resolved(
      "models: {a: {proxy: 'http://h'}, b: {proxy: 'http://h'}}\n"
      "matrix: {vars: {v: a}, evict_costs: {b: 3}, sets: {s: v & b}}\n");
  CHECK(all["models"]["a"]["group"].is_null());
  CHECK(all["groups"].empty());
  CHECK(all["matrix"] ==
        Json({{"vars", {{"v", "a"}}}, {"evict_costs", {{"b", 3}}}, {"sets", {{"s", "v & b"}}}}));
}

}  // namespace
}  // namespace llmsnap
