// Runs that were kept to be compared: their curves, thinned, and the settings they were made with.
#pragma once

#include <string>
#include <vector>

#include "engine/scene/scene.h"
#include "engine/training/snapshot.h"

namespace sandflow {

inline constexpr std::size_t kMostKeptRuns = 8;

struct RunSettings {
  Training training;
  Choice data;
  OwnData own;
  std::size_t nodes = 0;  // Of the graph: another number is another graph.
};

struct KeptRun {
  std::string name;
  RunSettings settings;
  std::vector<LossPoint> losses;
  std::vector<Evaluation> evaluations;
  int number = 0;  // In the drawer; never given twice.
};

KeptRun kept_run(std::string name, RunSettings settings, const std::vector<LossPoint>& losses,
                 const std::vector<Evaluation>& evaluations);

// What is different about a kept run, in its own values: "learning_rate 0.01", "Adam".
std::vector<std::string> differences(const RunSettings& kept, const RunSettings& now);

// As UTF-8 with a byte order mark: "run,step,epoch,batch_loss,train_loss,test_loss,train_accuracy,
// test_accuracy", a line for each point.
std::string runs_csv(const std::vector<KeptRun>& runs);

}  // namespace sandflow
