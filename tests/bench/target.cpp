#include "target.h"

#include <fmt/format.h>
#include <poll.h>

#include <cmath>
#include <utility>

#include "process_cost.h"

namespace bench {
namespace {

constexpr std::int64_t StartLimitNs = 5'000'000'000;
constexpr int PortAttempts = 3;

// The usual proxy set-up for a streaming server; one worker, as one event loop is what it is
// compared with per request.
std::string nginx_config(const TemporaryDirectory& directory, std::uint16_t port,
                         std::uint16_t upstream) {
  return fmt::format(
      R"(daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid {0}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  client_body_temp_path {0}/body;
  proxy_temp_path {0}/proxy;
  fastcgi_temp_path {0}/fastcgi;
  uwsgi_temp_path {0}/uwsgi;
  scgi_temp_path {0}/scgi;
  client_max_body_size 0;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  upstream model {{
    server 127.0.0.1:{2};
    keepalive 64;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{1} backlog=4096;
    location / {{
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }}
  }}
}}
)",
      directory.path("."), port, upstream);
}

std::string llmsnapd_config(std::uint16_t upstream, const std::string& model) {
  return fmt::format(
      "logLevel: warn\naccessLog: \"off\"\nlimits:\n  connections: 20000\n"
      "models:\n  \"{}\":\n    proxy: http://127.0.0.1:{}\n",
      model, upstream);
}

// `more`: further lines of the config, for the gateway whose files lie in that folder.
Target::Recipe llmsnapd_recipe(
    const std::string& program, const std::string& config,
    const std::function<std::string(const TemporaryDirectory&)>& more = {}) {
  return {[program, config, more](std::uint16_t own, const TemporaryDirectory& directory) {
    directory.write("config.yaml", config + (more ? more(directory) : ""));
    return std::vector<std::string>{program, "--config", directory.path("config.yaml"), "--listen",
                                    fmt::format("127.0.0.1:{}", own)};
  }};
}

// Polls in steps of 0.1 ms, so that a start of a few milliseconds is seen as one. A refused
// connection on loopback is answered at once.
bool wait_until_listening(const Endpoint& endpoint, ChildProcess& child) {
  const std::int64_t deadline = now_ns() + StartLimitNs;
  while (now_ns() < deadline && !child.has_exited()) {
    if (connect_to(endpoint, Blocking::Yes).open()) {
      return true;
    }
    const timespec step{0, 100'000};
    ppoll(nullptr, 0, &step, nullptr);
  }
  return false;
}

}  // namespace

Target Target::direct(const FakeUpstream& upstream) {
  Target target("direct");
  target.version_ = "the fake upstream of this bench, without a gateway";
  target.endpoint_ = loopback_endpoint(upstream.port());
  target.pid_ = upstream.pid();
  return target;
}

Target Target::nginx(const FakeUpstream& upstream) {
  Target target("nginx");
  const std::string program = find_program("nginx");
  if (program.empty()) {
    target.absence_ = "nginx is not installed (./dev deps --bench)";
    target.version_ = *target.absence_;
    return target;
  }
  target.version_ = first_line_of({program, "-v"}) + ", 1 worker, proxy_buffering off";
  target.recipe_ = Recipe{
      [program, port = upstream.port()](std::uint16_t own, const TemporaryDirectory& directory) {
        directory.write("nginx.conf", nginx_config(directory, own, port));
        return std::vector<std::string>{program, "-p", directory.path("."), "-c",
                                        directory.path("nginx.conf")};
      }};
  return target;
}

Target Target::llmsnapd(const FakeUpstream& upstream, const std::string& program,
                        const std::string& model) {
  Target target{std::string(Llmsnapd)};
  if (find_program(program).empty()) {
    target.absence_ = fmt::format("there is no program {}", program);
    target.version_ = *target.absence_;
    return target;
  }
  target.version_ = first_line_of({program, "--version"});
  target.recipe_ = llmsnapd_recipe(program, llmsnapd_config(upstream.port(), model));
  return target;
}

Target Target::seeing(const FakeUpstream& upstream, const std::string& program,
                      const std::string& model) {
  Target target = llmsnapd(upstream, program, model);
  target.recipe_ = llmsnapd_recipe(
      program, llmsnapd_config(upstream.port(), model), [](const TemporaryDirectory& directory) {
        return fmt::format("apiKeys: [{}]\ncaptureBuffer: 5\nstore:\n  path: {}\n", BenchKey,
                           directory.path("activity.db"));
      });
  return target;
}

Target Target::blind(const FakeUpstream& upstream, const std::string& program,
                     const std::string& model) {
  Target target = llmsnapd(upstream, program, model);
  target.recipe_ =
      llmsnapd_recipe(program, llmsnapd_config(upstream.port(), model) +
                                   "captureBuffer: 0\nperformance:\n  disabled: true\n");
  return target;
}

// Beside llmsnapd.
std::string Target::fake_model_of(const std::string& program) {
  const std::string fake_model = program.substr(0, program.rfind('/') + 1) + "fake-model";
  if (!absence_ && find_program(fake_model).empty()) {
    absence_ = fmt::format("there is no program {}", fake_model);
  }
  return fake_model;
}

Target Target::crew(const FakeUpstream& upstream, const std::string& program,
                    const std::string& model, std::size_t models) {
  Target target = llmsnapd(upstream, program, model);
  const std::string fake_model = target.fake_model_of(program);
  std::string config = llmsnapd_config(upstream.port(), model);
  std::string members;
  for (std::size_t number = 0; number < models; ++number) {
    // The process runs beside the bench's own upstream, which answers: it costs less.
    config += fmt::format(
        "  model-{}:\n    cmd: {} --port ${{PORT}}\n    proxy: http://127.0.0.1:{}\n"
        "    checkEndpoint: none\n",
        number, fake_model, upstream.port());
    members += fmt::format("{}model-{}", number == 0 ? "" : ", ", number);
  }
  config += fmt::format("groups:\n  all:\n    swap: false\n    members: [{}]\n", members);
  target.recipe_ = llmsnapd_recipe(program, config);
  return target;
}

Target Target::starter(const FakeUpstream& upstream, const std::string& program,
                       const std::string& model, int delay_ms) {
  Target target = llmsnapd(upstream, program, model);
  const std::string fake_model = target.fake_model_of(program);
  std::string config = llmsnapd_config(upstream.port(), model);
  for (const char* id : {"a", "b"}) {
    config += fmt::format("  {}:\n    cmd: {} --port ${{PORT}} --bind-delay-ms {}\n", id,
                          fake_model, delay_ms);
  }
  target.recipe_ = llmsnapd_recipe(program, config);
  return target;
}

Target Target::external(std::string name, Endpoint endpoint, pid_t pid) {
  Target target(std::move(name));
  target.version_ = fmt::format("{}, process {}, started by somebody else", endpoint.host, pid);
  target.endpoint_ = std::move(endpoint);
  target.pid_ = pid;
  return target;
}

Outcome<std::optional<double>> Target::restart() {
  if (absence_) {
    return Reason{*absence_};
  }
  if (!recipe_) {
    return std::optional<double>();
  }
  std::string last = "no port was free";
  for (int attempt = 0; attempt < PortAttempts; ++attempt) {
    child_.reset();
    directory_ = std::make_unique<TemporaryDirectory>();
    const std::uint16_t port = free_port();
    const auto command = recipe_->prepare(port, *directory_);
    endpoint_ = loopback_endpoint(port);
    const std::int64_t begin = now_ns();
    auto child = ChildProcess::start(command, directory_->path("log"));
    if (!child) {
      return child.reason();
    }
    child_.emplace(std::move(*child));
    if (wait_until_listening(endpoint_, *child_)) {
      return std::optional<double>(static_cast<double>(now_ns() - begin) / 1e6);
    }
    last = child_->last_line();
  }
  child_.reset();
  return Reason{fmt::format("{} did not start: {}", name_, last)};
}

std::vector<pid_t> Target::processes() const {
  if (child_) {
    return with_workers(child_->pid());
  }
  return pid_ > 0 ? with_workers(pid_) : std::vector<pid_t>();
}

}  // namespace bench
