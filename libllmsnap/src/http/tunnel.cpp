#include "http/tunnel.h"

#include <array>

#include "io/fiber.h"
#include "io/loop.h"
#include "io/wait.h"

namespace llmsnap::http {
namespace {

constexpr std::size_t BytesPerTurn = 256 * 1024;

/// One direction, until `from` ends or either side fails. Returns the bytes passed on.
std::uint64_t relay(TunnelEnd from, io::Stream& to, std::chrono::milliseconds write_idle) {
  std::uint64_t total = 0;
  std::size_t since_yield = 0;
  std::array<char, 8 * 1024> buffer;
  std::string_view piece = from.early_bytes;
  for (;;) {
    if (!to.write_all(piece, write_idle)) {
      to.abort();            // a FIN would wait behind what it does not take
      from.stream.cancel();  // also what the other direction still waits to write there
      return total;
    }
    total += piece.size();
    since_yield += piece.size();
    if (since_yield >= BytesPerTurn) {
      since_yield = 0;
      io::Fiber::yield();  // both ends may be fast: others must have their turn
    }
    const io::IoResult got = from.stream.read_some(buffer, NoDeadline);
    if (!got) {
      return total;
    }
    piece = {buffer.data(), got.bytes};
  }
}

}  // namespace

TunnelTotals relay_both_ways(TunnelEnd client, TunnelEnd server,
                             std::chrono::milliseconds write_idle) {
  client.stream.watch_departure(nullptr);  // its end is noticed by reading, behind its last bytes
  TunnelTotals totals;
  io::Wait back_ended;
  const bool spawned =
      io::Loop::current()->spawn([&totals, &back_ended, &client, &server, write_idle] {
        totals.to_client = relay(server, client.stream, write_idle);
        client.stream.cancel();
        back_ended.notify();
      });
  if (!spawned) {
    return totals;
  }
  totals.begun = true;
  totals.from_client = relay(client, server.stream, write_idle);
  // Both, for the way back may be waiting for a client that does not read.
  server.stream.cancel();
  client.stream.cancel();
  io::Fiber::current()->watch(nullptr);  // a shutdown that cut this fiber must not cut this wait
  back_ended.until(NoDeadline);
  return totals;
}

}  // namespace llmsnap::http
