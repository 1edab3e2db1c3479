// The library without its server: Gateway::handle, rules, subscriptions.
#include <atomic>
#include <future>
#include <thread>

#include "base/clock.h"
#include "catch.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

GatewayRequest chat(std::string body = R"({"model":"m"})") {
  GatewayRequest request;
  request.method = "POST";
  request.target = "/v1/chat/completions";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  return request;
}

std::string whole_body(GatewayAnswer& answer) {
  std::string body;
  for (;;) {
    const Result<std::string> piece = answer.next();
    REQUIRE(piece);
    if (piece->empty()) {
      return body;
    }
    body += *piece;
  }
}

struct Refusal {
  int status = 0;
  int retry_after = -1;
};

/// Drops the answer: one that is held is in work, and a shutdown waits for it.
Refusal refusal_of(Gateway& gateway, const GatewayRequest& request) {
  const GatewayAnswer answer = gateway.handle(request);
  Refusal refusal{answer.status(), -1};
  for (const auto& [name, value] : answer.headers()) {
    if (name == "Retry-After") {
      refusal.retry_after = std::stoi(value);
    }
  }
  return refusal;
}

}  // namespace

TEST_CASE("handle answers a request that came over no socket", "[library]") {
  ScriptedUpstream upstream(always(plain_answer("hello", "text/plain")));
  Gateway gateway(config_for(upstream.url()), watched_options());
  GatewayAnswer answer = gateway.handle(chat());
  CHECK(answer.status() == 200);
  CHECK(whole_body(answer) == "hello");
  GatewayRequest list;
  list.target = "/v1/models";
  CHECK(gateway.handle(list).status() == 200);
}

TEST_CASE("dropping an answer cancels the request", "[library]") {
  std::promise<bool> closed;
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    closed.set_value(client.closes_within(std::chrono::milliseconds(Patience)));
    return false;
  });
  Gateway gateway(config_for(upstream.url()), watched_options());
  {
    GatewayAnswer answer = gateway.handle(chat());
    CHECK(*answer.next() == "abc");
  }
  CHECK(closed.get_future().get());
}

TEST_CASE("an answer that breaks is an error, not an end", "[library]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    return false;
  });
  Gateway gateway(config_for(upstream.url()), watched_options());
  GatewayAnswer answer = gateway.handle(chat());
  Result<std::string> piece = answer.next();
  while (piece && !piece->empty()) {
    piece = answer.next();
  }
  CHECK_FALSE(piece);
}

TEST_CASE("a header value with a line break is refused, not split", "[library]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Gateway gateway(config_for(upstream.url()), watched_options());
  GatewayRequest request = chat();
  request.headers.emplace_back("X-A", "b\r\nX-Injected: 1");
  CHECK(gateway.handle(request).status() == 400);
  request = chat();
  request.target = "/v1/models HTTP/1.1\r\nX: y";
  CHECK(gateway.handle(request).status() == 400);
  CHECK(upstream.received().empty());
}

TEST_CASE("rules decide before names do", "[library]") {
  ScriptedUpstream big(always(plain_answer("big")));
  ScriptedUpstream small(always(plain_answer("small")));
  Config config = config_for(small.url());
  config.models["big"] = config.models.at("m");
  config.models["big"].id = "big";
  config.models["big"].proxy = big.url();
  Gateway gateway(std::move(config), watched_options());
  gateway.router().add_rule(
      "auto", [](const RouteRequest& request, const RouteView& view) -> RouteDecision {
        if (request.model() == "auto") {
          return view.is_ready("big") ? use_model("big") : use_model("m");
        }
        if (request.model() == "secret") {
          return refuse_route(ErrorCode::Forbidden, "not for you");
        }
        return no_opinion();
      });
  GatewayAnswer routed = gateway.handle(chat(R"({"model":"auto"})"));
  CHECK(whole_body(routed) == "big");
  GatewayAnswer plain = gateway.handle(chat());
  CHECK(whole_body(plain) == "small");
  GatewayAnswer refused = gateway.handle(chat(R"({"model":"secret"})"));
  CHECK(refused.status() == 403);
  CHECK(whole_body(refused).find("not for you") != std::string::npos);
}

TEST_CASE("handle works from many threads at once", "[library]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string& body) {
    return client.send(plain_answer(body));
  });
  Gateway gateway(config_for(upstream.url()), watched_options());
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 20; ++j) {
        const std::string body = R"({"model":"m","n":)" + std::to_string(i * 100 + j) + "}";
        GatewayAnswer answer = gateway.handle(chat(body));
        std::string got;
        for (Result<std::string> piece = answer.next(); piece && !piece->empty();
             piece = answer.next()) {
          got += *piece;
        }
        right += got == body ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(right == 160);
}

TEST_CASE("a request in shutdown is refused, with the time that is left of it", "[library]") {
  std::promise<void> release;
  ScriptedUpstream upstream([&release](TestSocket& client, const std::string&, const std::string&) {
    release.get_future().wait();
    client.send(plain_answer("{}"));
    return true;
  });
  Config config = config_for(upstream.url());
  config.shutdown_timeout = std::chrono::seconds(1000);
  Gateway gateway(std::move(config), watched_options());
  std::atomic<int> in_work_status{0};
  std::thread in_work(
      [&gateway, &in_work_status] { in_work_status = gateway.handle(chat()).status(); });
  REQUIRE(upstream.wait_for_requests(1));
  std::thread stopping([&gateway] { gateway.shutdown(); });
  // The thread may not have come so far yet: then the name is unknown, and not refused with 503.
  const GatewayRequest unknown = chat(R"({"model":"unknown"})");
  const auto deadline = SteadyClock::now() + Patience;
  Refusal during = refusal_of(gateway, unknown);
  while (during.status != 503 && SteadyClock::now() < deadline) {
    during = refusal_of(gateway, unknown);
  }
  CHECK(during.status == 503);
  CHECK(during.retry_after > 500);
  CHECK(during.retry_after <= 1000);
  release.set_value();
  in_work.join();
  stopping.join();
  CHECK(in_work_status == 200);
  CHECK(refusal_of(gateway, chat()).retry_after == 1);
}

TEST_CASE("a log that hangs stops no request, and loses no line at the end", "[library]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  std::promise<void> entered;
  std::promise<void> release;
  std::atomic<bool> hung{false};
  std::atomic<int> lines{0};
  GatewayOptions options;
  options.log = [&](LogLevel, std::string_view) {
    if (!hung.exchange(true)) {
      entered.set_value();
      release.get_future().wait();
    }
    ++lines;
  };
  constexpr int Requests = 5;
  {
    Gateway gateway(config_for(upstream.url()), std::move(options));
    for (int i = 0; i < Requests; ++i) {
      GatewayAnswer answer = gateway.handle(chat());
      CHECK(whole_body(answer) == "{}");
      if (i == 0) {
        entered.get_future().wait();
      }
    }
    CHECK(lines == 0);
    release.set_value();
  }
  CHECK(lines == Requests);
}

TEST_CASE("a log that hangs holds up neither the making of a gateway nor the host's own lines",
          "[library]") {
  std::promise<void> entered;
  std::promise<void> release;
  std::vector<std::string> lines;
  GatewayOptions options;
  options.log = [&](LogLevel, std::string_view line) {
    if (lines.empty()) {
      entered.set_value();
      release.get_future().wait();
    }
    lines.emplace_back(line);
  };
  {
    Gateway gateway(config_for("not a URL"), std::move(options));
    entered.get_future().wait();
    gateway.log(LogLevel::Info, "a line of the host");
    gateway.log(LogLevel::Debug, "below the level");
    release.set_value();
  }
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("model m is left out") == 0);
  CHECK(lines[1] == "a line of the host");
}

TEST_CASE("JSON access lines have a sink of their own", "[library]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  std::vector<std::string> access;
  std::vector<std::string> messages;
  GatewayOptions options;
  options.log = [&messages](LogLevel, std::string_view line) { messages.emplace_back(line); };
  options.access_log = [&access](std::string_view line) { access.emplace_back(line); };
  Config config = config_for(upstream.url());
  config.access_log = AccessLogFormat::Json;
  {
    Gateway gateway(std::move(config), std::move(options));
    CHECK(gateway.handle(chat()).status() == 200);
  }
  REQUIRE(access.size() == 1);
  CHECK(access[0].rfind("{\"time\":\"20", 0) == 0);
  CHECK(access[0].back() == '}');
  CHECK(messages.empty());
}
