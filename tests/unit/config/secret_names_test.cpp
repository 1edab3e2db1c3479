#include "config/secret_names.h"

#include <string>

#include "catch.h"

namespace llmsnap {

TEST_CASE("a name tells of a secret, in whatever writing", "[config]") {
  const std::string name = GENERATE(
      "key", "KEY", "token", "HF_TOKEN", "hf-token", "--api-key", "apiKey", "api_key", "APIKEY",
      "X-Api-Key", "X-Auth-Token", "Authorization", "Proxy-Authorization", "Cookie", "AUTH",
      "BASIC_AUTH", "GITHUB_PAT", "OPENAI_API_KEY_2", "TOKEN1", "authToken", "DB_PASSWORD",
      "passwd", "SSH_PASSPHRASE", "PGPASSWORD", "DB_PASS", "MYSQL_PWD", "CLIENT_SECRET", "secrets",
      "AWS_SECRET_ACCESS_KEY", "X-Amz-Credential", "X-Amz-Signature", "sig", "API_TOKENS",
      "db.password", "docker -e HF_TOKEN", "model.api_key", "jwt");
  INFO(name);
  CHECK(names_secret(name));
}

TEST_CASE("what only sounds like the name of a secret is none", "[config]") {
  const std::string name = GENERATE(
      "", "=", "keep", "--keep", "tokenizer", "max_tokens", "--max-tokens", "maxTokens", "n_tokens",
      "max-num-batched-tokens", "eos_token", "bosToken", "tokenizer.ggml.add_bos_token",
      "stop_token", "bytes_per_token", "token_ids", "ssl-key-file", "--ssl-keyfile", "TOKEN_PATH",
      "secret_dir", "PWD", "OLDPWD", "cache_key", "public_key", "author", "path", "pattern",
      "--no-auth", "ENABLE_API_KEY", "keyboard", "signal", "passthrough", "bypass");
  INFO(name);
  CHECK_FALSE(names_secret(name));
}

}  // namespace llmsnap
