#include "process/runner.h"

#include <cassert>
#include <utility>

#include "process/life.h"

namespace llmsnap::process {

Runner::Runner(const ModelConfig& config, std::string name, std::size_t number,
               std::shared_ptr<OutputLog> output, const RunnerServices& services,
               RunnerEvents events)
    : config_(config),
      name_(std::move(name)),
      number_(number),
      services_(services),
      events_(std::move(events)),
      output_(std::move(output)) {}

Runner::~Runner() {
  if (life_ != nullptr) {
    life_->abandon();
  }
}

void Runner::start(std::uint32_t incarnation) {
  assert(life_ == nullptr || life_->over());
  life_ = std::make_shared<Life>(
      LifeSetting{config_, name_, number_, services_, events_, output_, told_of_open_port_},
      incarnation);
  services_.control.post([life = life_] { life->begin(); });
}

void Runner::stop(std::uint32_t incarnation) {
  if (life_ != nullptr && life_->incarnation() == incarnation && !life_->over()) {
    life_->stop();
  }
}

void Runner::sleep(std::uint32_t incarnation) {
  if (life_ != nullptr && life_->incarnation() == incarnation) {
    life_->sleep();
  }
}

void Runner::wake(std::uint32_t incarnation) {
  if (life_ != nullptr && life_->incarnation() == incarnation) {
    life_->wake();
  }
}

void Runner::examine(std::uint32_t incarnation, const std::string& failed_target) {
  if (life_ != nullptr && life_->incarnation() == incarnation) {
    life_->examine(failed_target);
  }
}

void Runner::examine_health(std::uint32_t incarnation) {
  if (life_ != nullptr && life_->incarnation() == incarnation) {
    life_->examine_health();
  }
}

void Runner::check_health() {
  if (life_ != nullptr) {
    life_->check_health();
  }
}

std::uint16_t Runner::port() const {
  return life_ != nullptr ? life_->port() : 0;
}

}  // namespace llmsnap::process
