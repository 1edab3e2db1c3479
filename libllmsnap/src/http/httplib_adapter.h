// HttplibAdapter: runs a transaction through cpp-httplib's server; the one place that knows its
// versions. Thread rule: run from any loop's fibers, many at once. Only httplib_adapter.cpp
// includes httplib.h.
#pragma once

#include <memory>

namespace llmsnap::http {

class Transaction;

class HttplibAdapter {
 public:
  HttplibAdapter();
  ~HttplibAdapter();
  HttplibAdapter(const HttplibAdapter&) = delete;
  HttplibAdapter& operator=(const HttplibAdapter&) = delete;

  /// Responds, and pulls and writes the body; the caller finishes the transaction.
  void run(Transaction& transaction);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace llmsnap::http
