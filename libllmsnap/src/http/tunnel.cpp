#include "http/tunnel.h"

#include <array>

#include "api/stop_notice.h"
#include "base/clock.h"
#include "io/fiber.h"
#include "io/loop.h"
#include "io/timers.h"
#include "io/wait.h"

namespace llmsnap::http {
namespace {

constexpr std::size_t BytesPerTurn = 256 * 1024;
constexpr std::chrono::seconds QuietBeforeEnd{5};

/// Ends a tunnel of a gateway that stops, once it is quiet.
class QuietEnd final : public io::Timer {
 public:
  QuietEnd(TunnelTotals& totals, io::Stream& client, io::Stream& server)
      : Timer(io::Loop::current()->timers()), totals_(totals), client_(client), server_(server) {}

  void begin() {
    passed_before_ = passed();
    arm(SteadyClock::now() + QuietBeforeEnd);
  }

 private:
  std::uint64_t passed() const { return totals_.from_client + totals_.to_client; }

  void expired() override {
    if (passed() != passed_before_) {
      begin();
      return;
    }
    totals_.stopped = true;
    client_.cancel();
    server_.cancel();
  }

  TunnelTotals& totals_;
  io::Stream& client_;
  io::Stream& server_;
  std::uint64_t passed_before_ = 0;
};

/// One direction, until `from` ends or either side fails. Counts the bytes passed on.
void relay(TunnelEnd from, io::Stream& to, std::chrono::milliseconds write_idle,
           std::uint64_t& total) {
  std::size_t since_yield = 0;
  std::array<char, 8 * 1024> buffer;
  std::string_view piece = from.early_bytes;
  for (;;) {
    if (!to.write_all(piece, write_idle)) {
      to.abort();            // a FIN would wait behind what it does not take
      from.stream.cancel();  // also what the other direction still waits to write there
      return;
    }
    total += piece.size();
    since_yield += piece.size();
    if (since_yield >= BytesPerTurn) {
      since_yield = 0;
      io::Fiber::yield();  // both ends may be fast: others must have their turn
    }
    const io::IoResult got = from.stream.read_some(buffer, NoDeadline);
    if (!got) {
      return;
    }
    piece = {buffer.data(), got.bytes};
  }
}

}  // namespace

TunnelTotals relay_both_ways(TunnelEnd client, TunnelEnd server,
                             std::chrono::milliseconds write_idle, api::StopNotice& stop) {
  client.stream.watch_departure(nullptr);  // its end is noticed by reading, behind its last bytes
  TunnelTotals totals;
  io::Wait back_ended;
  const bool spawned =
      io::Loop::current()->spawn([&totals, &back_ended, &client, &server, write_idle] {
        relay(server, client.stream, write_idle, totals.to_client);
        client.stream.cancel();
        back_ended.notify();
      });
  if (!spawned) {
    return totals;
  }
  totals.begun = true;
  QuietEnd quiet_end(totals, client.stream, server.stream);
  const Subscription notice = stop.on_give([&quiet_end] { quiet_end.begin(); });
  if (stop.given()) {
    quiet_end.begin();
  }
  relay(client, server.stream, write_idle, totals.from_client);
  // Both, for the way back may be waiting for a client that does not read.
  server.stream.cancel();
  client.stream.cancel();
  io::Fiber::current()->watch(nullptr);  // a shutdown that cut this fiber must not cut this wait
  back_ended.until(NoDeadline);
  return totals;
}

}  // namespace llmsnap::http
