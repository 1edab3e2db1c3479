#include "api/request_body.h"

#include "catch.h"
#include "client.h"

namespace llmsnap::api {
namespace {

using test::Client;
using test::PiecewiseBody;

const std::string Chat = "/v1/chat/completions";

std::string json_of_size(std::size_t size) {
  const std::string begin = R"({"model":"m","x":")";
  return begin + std::string(size - begin.size() - 2, 'x') + "\"}";
}

TEST_CASE("a JSON body may be as large as limits.jsonBody and no larger", "[api]") {
  Config config;
  config.limits.json_body = 5'000;
  Client client(config);
  const auto fitting = json_of_size(5'000);
  const auto too_large = json_of_size(5'001);
  SECTION("announced") {
    CHECK(client.post(Chat, fitting).status == 200);
    CHECK(client.pool.sent.back().body == fitting);
    CHECK(client.post(Chat, too_large).status == 413);
  }
  SECTION("chunked") {
    PiecewiseBody fits({fitting.substr(0, 10), fitting.substr(10)});
    CHECK(client.send({.method = "POST", .target = Chat, .source = &fits}).status == 200);
    CHECK(client.pool.sent.back().body == fitting);
    PiecewiseBody breaks({too_large.substr(0, 10), too_large.substr(10)});
    CHECK(client.send({.method = "POST", .target = Chat, .source = &breaks}).status == 413);
  }
  CHECK(client.pool.sent.size() == 1);
  CHECK(client.api.body_bytes_in_memory() == 0);
}

TEST_CASE("an upload may be as large as limits.uploadBody and no larger", "[api]") {
  Config config;
  config.limits.upload_body = 5'000;
  config.spool_dir = "/tmp";
  Client client(config);
  CHECK(client.post("/upstream/m/x", std::string(5'000, 'x')).status == 200);
  CHECK(client.post("/upstream/m/x", std::string(5'001, 'x')).status == 413);
  PiecewiseBody chunked({std::string(5'000, 'x'), "x"});
  CHECK(client.send({.method = "PUT", .target = "/upstream/m/x", .source = &chunked}).status ==
        413);
  CHECK(client.pool.sent.size() == 1);
  CHECK(client.api.body_bytes_in_memory() == 0);
}

TEST_CASE("a large upload reaches the model byte for byte by way of a file", "[api]") {
  Config config;
  config.spool_dir = "/tmp";
  Client client(config);
  std::string body(3'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) {
    body[i] = static_cast<char>(i * 7 >> 3 & 0xff);
  }
  CHECK(client.post("/upstream/m/x", body).status == 200);
  CHECK((client.pool.sent.back().body == body));
  client.api.stop();  // behind the close of the file, which gives back its share
  CHECK(client.api.body_bytes_in_files() == 0);
}

TEST_CASE("an inference request without any body is asked for one", "[api]") {
  Client client;
  const auto reply = client.post(Chat, "");
  CHECK(reply.status == 411);
  CHECK(reply.close);
  PiecewiseBody empty({});
  const auto ended = client.send({.method = "POST", .target = Chat, .source = &empty});
  CHECK(ended.status == 400);
  CHECK_FALSE(ended.close);
}

TEST_CASE("a body beyond what all together may hold in memory is too large", "[api]") {
  Config config;
  config.limits.bodies_in_flight = 10'000;
  Client client(config);
  const auto reply = client.post(Chat, json_of_size(20'000));
  CHECK(reply.status == 413);
  CHECK(reply.body.find("limits.bodiesInFlight") != std::string::npos);
  CHECK(client.api.body_bytes_in_memory() == 0);
  CHECK(client.post(Chat, json_of_size(5'000)).status == 200);
}

TEST_CASE("a body is given back before its answer streams", "[api]") {
  Client client;
  std::uint64_t held = 1;
  class Probe final : public BodySource {
   public:
    Probe(Api& api, std::uint64_t& held) : api_(api), held_(held) {}
    Result<std::string_view> pull() override {
      held_ = api_.body_bytes_in_memory();
      return std::exchange(text_, std::string_view());
    }

   private:
    Api& api_;
    std::uint64_t& held_;
    std::string_view text_ = R"({"model":"m"})";
  };
  Probe probe(client.api, held);
  CHECK(client.send({.method = "POST", .target = Chat, .source = &probe}).status == 200);
  CHECK(held > 0);
  CHECK(client.api.body_bytes_in_memory() == 0);
}

TEST_CASE("what breaks a body off answers the request", "[api]") {
  const auto code = GENERATE(ErrorCode::RequestTimeout, ErrorCode::BadRequest);
  const std::string target = GENERATE("/v1/embeddings", "/upstream/m/x");
  Client client;
  PiecewiseBody body({R"({"model":)"});
  body.broken = Error{code, "the body broke off"};
  const auto reply = client.send({.method = "POST", .target = target, .source = &body});
  CHECK(reply.status == (code == ErrorCode::BadRequest ? 400 : 408));
  CHECK(reply.record.error == "the body broke off");
  CHECK(client.pool.sent.empty());
}

TEST_CASE("what the head decides is answered before the body is read", "[api]") {
  struct Row {
    std::string method;
    std::string target;
    int status;
  };
  const auto row = GENERATE(Row{"PUT", "/nowhere", 404}, Row{"PUT", "/v1/embeddings", 405},
                            Row{"POST", "/upstream/nobody/x", 404}, Row{"POST", "/upstream/m", 308},
                            Row{"OPTIONS", "/v1/embeddings", 204},
                            Row{"POST", "/v1/embeddings?keyless", 401}, Row{"GET", "/health", 200});
  Config config;
  config.api_keys = {{"a", "secret"}};
  Client client(config);
  PiecewiseBody body({"x"});
  test::NamedValues fields;
  if (row.status != 401) {
    fields.emplace_back("x-api-key", "secret");
  }
  INFO(row.method << " " << row.target);
  const auto reply =
      client.send({.method = row.method, .target = row.target, .fields = fields, .source = &body});
  CHECK(reply.status == row.status);
  CHECK_FALSE(body.was_pulled());
}

}  // namespace
}  // namespace llmsnap::api
