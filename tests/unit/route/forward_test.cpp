#include "route/forward.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "catch.h"
#include "log/log.h"
#include "route/static_models.h"
#include "unit/io/loop_runner.h"
#include "upstream/pool.h"

namespace llmsnap::route {
namespace {

/// A server for one request: keeps what it was sent, up to the end that `expected_end` names, and
/// answers.
class OneRequestServer {
 public:
  explicit OneRequestServer(std::string expected_end) : expected_end_(std::move(expected_end)) {
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_.get(), generic, size) == 0);
    REQUIRE(::listen(listener_.get(), 4) == 0);
    REQUIRE(::getsockname(listener_.get(), generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~OneRequestServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// Waits for the exchange to have ended.
  std::string received() {
    thread_.join();
    return received_;
  }

 private:
  void serve() {
    const UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
    char buffer[4096];
    while (connection && received_.find(expected_end_) == std::string::npos) {
      const ssize_t count = ::recv(connection.get(), buffer, sizeof buffer, 0);
      if (count <= 0) {
        return;
      }
      received_.append(buffer, static_cast<std::size_t>(count));
    }
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\n\r\nok";
    ::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  const std::string expected_end_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::string received_;
  std::thread thread_;
};

class NeverReady final : public ModelService {
 public:
  explicit NeverReady(ModelService& inner) : inner_(inner) {}
  std::shared_ptr<const Model> find(std::string_view name) const override {
    return inner_.find(name);
  }
  std::shared_ptr<const Selection> selection(std::string_view name) const override {
    return inner_.selection(name);
  }
  std::vector<std::shared_ptr<const Model>> list() const override { return inner_.list(); }
  std::vector<std::shared_ptr<const Model>> leaving() const override { return {}; }
  bool is_ready(const Model&) const override { return false; }
  std::optional<ModelStatus> status(const Model&) const override { return std::nullopt; }
  std::shared_ptr<OutputLog> output(const Model&) const override { return nullptr; }
  Result<void> load(const Model&) override { return {}; }
  void begin_load(const Model&) override {}
  Result<void> sleep(const Model&) override { return {}; }
  void keep_alive(const Model&, const schedule::KeepAlive&) override {}
  std::vector<ModelEvent> decisions() const override { return {}; }
  Result<void> unload(const std::vector<std::shared_ptr<const Model>>&) override { return {}; }
  Result<std::unique_ptr<Lease>> acquire(const std::shared_ptr<const Model>&,
                                         SteadyClock::time_point, Waiter*) override {
    return Error{ErrorCode::Unavailable, "the queue is full"};
  }
  Result<std::unique_ptr<Lease>> acquire_ready(const std::shared_ptr<const Model>&,
                                               Counting) override {
    return std::unique_ptr<Lease>();
  }

 private:
  ModelService& inner_;
};

struct Setup {
  explicit Setup(const std::string& proxy, const std::string& use_model_name = "") {
    ModelConfig config;
    config.id = "m";
    config.proxy = proxy;
    config.aliases = {"nick"};
    config.use_model_name = use_model_name;
    Config all;
    all.models["m"] = config;
    models = std::move(*StaticModels::make(all));
  }

  Forwarding with(ModelService& service) { return {router, service, profiles, loop_guard, log}; }

  Router router;
  std::unique_ptr<StaticModels> models;
  Profiles profiles{{}};
  LoopGuard loop_guard;
  Log log;
  TrafficRecord record;
};

wire::RequestHead chat_head() {
  wire::RequestHead head;
  head.method = "POST";
  head.target = "/v1/chat/completions";
  head.path = head.target;
  head.host = "box";
  head.fields = {{"Host", "box"}, {"Authorization", "Bearer secret"}, {"X-Team", "blue"}};
  return head;
}

struct JsonRequest {
  explicit JsonRequest(std::string_view text)
      : bytes(text), facts(std::move(*scan_json_body(bytes, [] {}))), json{bytes, facts} {}

  ForwardRequest to(upstream::Pool& pool) const {
    return {.head = head,
            .client = {.address = "192.0.2.1"},
            .key_name = "team",
            .model = *facts.model,
            .target = head.target,
            .streaming = facts.stream,
            .json = &json,
            .pool = pool};
  }

  PaddedBytes bytes;
  BodyFacts facts;
  JsonBody json;
  wire::RequestHead head = chat_head();
};

/// Forwards `text` and gives what the server was sent.
std::string sent_by_forwarding(Setup& setup, OneRequestServer& server, std::string_view text) {
  const JsonRequest request(text);
  io::run_on_fiber([&setup, &request] {
    upstream::Pool pool;
    auto forwarded = forward(setup.with(*setup.models), request.to(pool), setup.record);
    REQUIRE(forwarded);
    CHECK(forwarded->exchange->head().status == 200);
    CHECK(forwarded->cookies == Cookies::Removed);
    CHECK(forwarded->lease->model().config.id == "m");
    const auto piece = forwarded->exchange->pull();
    REQUIRE(piece);
    CHECK(*piece == "ok");
    CHECK(forwarded->exchange->pull()->empty());
  });
  return server.received();
}

ErrorCode refusal(Setup& setup, ModelService& models, std::string_view text) {
  const JsonRequest request(text);
  ErrorCode code{};
  io::run_on_fiber([&setup, &models, &request, &code] {
    upstream::Pool pool;
    const auto forwarded = forward(setup.with(models), request.to(pool), setup.record);
    REQUIRE_FALSE(forwarded);
    code = forwarded.error().code;
    setup.record.error = forwarded.error().message;
  });
  return code;
}

}  // namespace

TEST_CASE("a request for an alias reaches its model byte for byte, without its credentials",
          "[route]") {
  const std::string body = "{ \"model\":\"nick\", \"stream\":true,\"n\":1e2 }";
  OneRequestServer server(body);
  Setup setup(server.url());
  const std::string sent = sent_by_forwarding(setup, server, body);
  CHECK(sent.find("POST /v1/chat/completions HTTP/1.1\r\n") == 0);
  CHECK(sent.find("Content-Length: " + std::to_string(body.size()) + "\r\n") != std::string::npos);
  CHECK(sent.find("\r\nHost: box\r\n") != std::string::npos);
  CHECK(sent.find("\r\nX-Team: blue\r\n") != std::string::npos);
  CHECK(sent.find("\r\nX-Forwarded-For: 192.0.2.1\r\n") != std::string::npos);
  CHECK(sent.find("secret") == std::string::npos);
  CHECK(sent.substr(sent.find("\r\n\r\n") + 4) == body);

  CHECK(setup.record.requested_model == "nick");
  CHECK(setup.record.model == "m");
  CHECK(setup.record.upstream == server.url());
  CHECK(setup.record.source == Source::Local);
  CHECK(setup.record.streamed);
  CHECK(setup.record.model_leased != TrafficRecord::Clock::time_point());
}

TEST_CASE("useModelName replaces the name in the body and nothing else", "[route]") {
  OneRequestServer server("\"n\":1e2 }");
  Setup setup(server.url(), "Org/Model \"x\"");
  const std::string sent =
      sent_by_forwarding(setup, server, "\xef\xbb\xbf{ \"model\" : \"m\",\"n\":1e2 }");
  const std::string expected = "{ \"model\" : \"Org/Model \\\"x\\\"\",\"n\":1e2 }";
  CHECK(sent.substr(sent.find("\r\n\r\n") + 4) == expected);
  CHECK(sent.find("Content-Length: " + std::to_string(expected.size()) + "\r\n") !=
        std::string::npos);
}

TEST_CASE("the name that a rule chose takes the place of the one in the body", "[route]") {
  OneRequestServer server("\"x\":1}");
  Setup setup(server.url());
  std::string seen;
  setup.router.add_rule("auto", [&seen](const RouteRequest& request, const RouteView& view) {
    seen = std::string(request.model()) + " " + std::string(request.method()) + " " +
           std::string(request.path()) + " " + std::string(request.client_address()) + " " +
           std::string(request.key_name()) + " " +
           std::string(request.header("x-team").value_or("-")) + " " +
           std::string(request.header("authorization").value_or("-"));
    CHECK_FALSE(request.streaming());
    CHECK(view.exists("nick"));
    CHECK(view.is_ready("m"));
    CHECK_FALSE(view.exists("auto"));
    CHECK_FALSE(view.is_ready("auto"));
    CHECK(view.models() == std::vector<std::string>{"m"});
    return use_model("nick");
  });
  const std::string sent = sent_by_forwarding(setup, server, R"({"model":"auto","x":1})");
  CHECK(seen == "auto POST /v1/chat/completions 192.0.2.1 team blue -");
  CHECK(sent.substr(sent.find("\r\n\r\n") + 4) == R"({"model":"nick","x":1})");
  CHECK(setup.record.requested_model == "auto");
  CHECK(setup.record.model == "m");
}

TEST_CASE("a pinned name is replaced in the body, and filters see what it stands for", "[route]") {
  OneRequestServer server("\"t\":0}");
  Setup setup(server.url());
  Config config;
  ModelConfig& model = config.models["m"];
  model.id = "m";
  model.proxy = server.url();
  model.aliases = {"hot"};
  model.filters.set_params_by_id["hot"] = {{"t", "0"}};
  setup.models = std::move(*StaticModels::make(config));
  Profiles::All profiles;
  profiles["day"] = {"day", "", {{"gpt", "hot"}}};
  setup.profiles.replace(profiles);
  REQUIRE(setup.profiles.activate("day"));
  const std::string sent = sent_by_forwarding(setup, server, R"({"model":"gpt","x":1})");
  CHECK(sent.substr(sent.find("\r\n\r\n") + 4) == R"({"model":"hot","x":1,"t":0})");
  CHECK(setup.record.requested_model == "gpt");
  CHECK(setup.record.model == "m");
}

TEST_CASE("a name that is no model is not found, from the client or from a rule", "[route]") {
  Setup setup("http://127.0.0.1:1");
  CHECK(refusal(setup, *setup.models, R"({"model":"gone"})") == ErrorCode::NotFound);
  CHECK(setup.record.error == R"(no model is named "gone")");
  CHECK(setup.record.requested_model == "gone");
  CHECK(setup.record.model.empty());
  setup.router.add_rule("typo", [](const auto&, const auto&) { return use_model("typo"); });
  CHECK(refusal(setup, *setup.models, R"({"model":"m"})") == ErrorCode::NotFound);
}

TEST_CASE("what a rule refuses is refused before any model is asked for", "[route]") {
  Setup setup("http://127.0.0.1:1");
  NeverReady models(*setup.models);
  setup.router.add_rule("closed", [](const auto&, const auto&) {
    return refuse_route(ErrorCode::TooManyRequests, "come back later", std::chrono::seconds(9));
  });
  CHECK(refusal(setup, models, R"({"model":"m"})") == ErrorCode::TooManyRequests);
  CHECK(setup.record.error == "come back later");
}

TEST_CASE("a model that may not be used now is refused with the reason", "[route]") {
  Setup setup("http://127.0.0.1:1");
  NeverReady models(*setup.models);
  CHECK(refusal(setup, models, R"({"model":"m"})") == ErrorCode::Unavailable);
  CHECK(setup.record.error == "the queue is full");
  CHECK(setup.record.model == "m");
  CHECK(setup.record.model_leased == TrafficRecord::Clock::time_point());
}

TEST_CASE("a model's server that is not there is an upstream failure", "[route]") {
  Setup setup("http://127.0.0.1:1");
  CHECK(refusal(setup, *setup.models, R"({"model":"m"})") == ErrorCode::UpstreamFailed);
  CHECK(setup.record.model_leased != TrafficRecord::Clock::time_point());
}

TEST_CASE("a passthrough keeps cookies and sends a body as it is", "[route]") {
  class Text final : public BodySource {
   public:
    Result<std::string_view> pull() override {
      return done_ ? std::string_view() : (done_ = true, "model=m");
    }
    std::optional<std::uint64_t> length() const override { return 7; }

   private:
    bool done_ = false;
  };
  OneRequestServer server("model=m");
  Setup setup(server.url(), "other");
  wire::RequestHead head = chat_head();
  head.fields.push_back({"Cookie", "c=d"});
  io::run_on_fiber([&setup, &head] {
    upstream::Pool pool;
    Text body;
    const ForwardRequest request{.head = head,
                                 .model = "nick",
                                 .target = "/x%2Fy?q",
                                 .source = Source::Passthrough,
                                 .body = &body,
                                 .pool = pool};
    const auto forwarded = forward(setup.with(*setup.models), request, setup.record);
    REQUIRE(forwarded);
    CHECK(forwarded->cookies == Cookies::Kept);
  });
  const std::string sent = server.received();
  CHECK(sent.find("POST /x%2Fy?q HTTP/1.1\r\n") == 0);
  CHECK(sent.find("\r\nCookie: c=d\r\n") != std::string::npos);
  CHECK(sent.substr(sent.find("\r\n\r\n") + 4) == "model=m");
  CHECK(setup.record.source == Source::Passthrough);
}

}  // namespace llmsnap::route
