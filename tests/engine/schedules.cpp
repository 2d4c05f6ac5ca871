// Guards what surrounds an optimizer: schedules give TensorFlow's rates, clipping its gradients, and scenes
// that ask for them train with them.
#include "engine/training/schedules.h"

#include <cmath>
#include <map>

#include "engine/core/text.h"
#include "engine/training/clipping.h"
#include "engine/training/optimizers.h"
#include "tests/engine/desk.h"
#include "tests/engine/golden.h"

namespace sandflow::test {

namespace {

// The rate that a schedule gives at each step of a vector's rows.
void check_rows(const char* name, const Parameters& parameters, double rate, Json rows) {
  const ScheduleType* type = find_schedule_type(name);
  REQUIRE(type != nullptr);
  Graph graph;
  Builder b(graph);
  const Output step = tf::placeholder(b, DType::kInt64, {});
  const Output scheduled =
      type->build(b, tf::constant(b, Literal(rate)), step, complete(type->parameters, parameters));
  must(b.status());
  CHECK(graph.shape(scheduled) == Shape{});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO(name, " at step ", rows[i]["step"].number());
    const auto at = static_cast<std::int64_t>(rows[i]["step"].number());
    check_near(value_of(graph, scheduled, {{step, Tensor::scalar(at)}}), rows[i]["lr"].numbers(), 1e-6, 1e-9);
  }
}

// Least squares with one weight, whose gradient is 2 w.
std::string descent_scene(std::string_view training) {
  return scene_of({R"({"name": "W", "type": "Variable", "inputs": [{"value": "3.0"}]})",
                   R"({"name": "loss", "type": "Square", "inputs": ["W"]})"},
                  cat(R"("training": {"loss": "loss", )", training, "}, "));
}

double weight(Desk& desk) { return desk["W"].value.number(0); }

}  // namespace

TEST_CASE("schedules give TensorFlow's rates") {
  const auto expected = [](const char* id) { return golden(id)["expected"]; };
  const Parameters exponential{{"decay_steps", 10}, {"decay_rate", 0.96}};
  check_rows("exponential_decay", exponential, 0.1, expected("lr_exponential")["rows"]);
  check_rows("exponential_decay", {{"decay_steps", 10}, {"decay_rate", 0.96}, {"staircase", 1}}, 0.1,
             expected("lr_exponential")["staircase_rows"]);
  for (const auto& [name, id] :
       {std::pair{"natural_exp_decay", "lr_natural_exp"}, {"inverse_time_decay", "lr_inverse_time"}}) {
    check_rows(name, {{"decay_steps", 10}, {"decay_rate", 0.5}}, 0.1, expected(id)["rows"]);
    check_rows(name, {{"decay_steps", 10}, {"decay_rate", 0.5}, {"staircase", 1}}, 0.1,
               expected(id)["staircase_rows"]);
  }
  const auto polynomial = [](double power, double cycle) {
    return Parameters{{"decay_steps", 10}, {"end_learning_rate", 0.01}, {"power", power}, {"cycle", cycle}};
  };
  check_rows("polynomial_decay", polynomial(1, 0), 0.1, expected("lr_polynomial")["power1"]);
  check_rows("polynomial_decay", polynomial(0.5, 0), 0.1, expected("lr_polynomial")["power0.5"]);
  check_rows("polynomial_decay", polynomial(2, 1), 0.1, expected("lr_polynomial")["power2_cycle"]);
  check_rows("piecewise_constant",
             {{"boundary_1", 100}, {"boundary_2", 110}, {"value_1", 0.5}, {"value_2", 0.1}}, 1,
             expected("lr_piecewise")["rows"]);
  check_rows("cosine_decay", {{"decay_steps", 100}, {"alpha", 0.1}}, 0.1, expected("lr_cosine")["rows"]);
  check_rows("linear_cosine_decay", {{"decay_steps", 100}}, 0.1, expected("lr_linear_cosine")["rows"]);
}

TEST_CASE("a cosine restarts when its wave is over, on longer and lower waves") {
  const ScheduleType& type = *find_schedule_type("cosine_decay_restarts");
  const auto rate = [&](double t_mul, std::int64_t at) {
    Graph graph;
    Builder b(graph);
    const Output step = tf::constant(b, Tensor::scalar(at));
    const Output scheduled =
        type.build(b, tf::constant(b, Literal(1.0)), step,
                   complete(type.parameters, {{"first_decay_steps", 10}, {"t_mul", t_mul}, {"m_mul", 0.5}}));
    return value_of(graph, scheduled).number(0);
  };
  for (const double t_mul : {1.0, 2.0}) {
    CHECK(is_near(rate(t_mul, 0), 1, 1e-6));
    CHECK(is_near(rate(t_mul, 5), 0.5, 1e-5));
    CHECK(rate(t_mul, 9) < 0.05);
    CHECK(is_near(rate(t_mul, 11), 0.5, 0.03));
  }
  CHECK(is_near(rate(1, 15), 0.25, 1e-5));
  CHECK(is_near(rate(1, 25), 0.125, 1e-5));
  CHECK(is_near(rate(2, 20), 0.25, 1e-5));
  CHECK(is_near(rate(2, 50), 0.125, 1e-5));
}

TEST_CASE("piecewise_constant takes any number of pieces, and refuses what TensorFlow refuses") {
  const auto error = [](const Output& x, Builder& b, const std::vector<tf::Value>& boundaries,
                        const std::vector<tf::Value>& values) {
    CHECK_FALSE(piecewise_constant(b, x, boundaries, values).valid());
    return b.status().error().text();
  };
  Graph graph;
  Builder b(graph);
  const Output x = tf::placeholder(b, DType::kFloat32, {});
  const Output y = piecewise_constant(b, x, {Literal(1.0), Literal(2.0), Literal(3.0)},
                                      {Literal(5), Literal(6), Literal(7), Literal(8)});
  must(b.status());
  for (const auto& [at, wanted] : {std::pair{1.f, 5.}, {1.5f, 6.}, {3.f, 7.}, {9.f, 8.}})
    CHECK(value_of(graph, y, {{x, Tensor::scalar(at)}}).number(0) == wanted);
  CHECK(error(x, b, {Literal(1)}, {Literal(1.0), Literal(2.0)}) ==
        "ValueError: Boundaries (<dtype: 'int32'>) must have the same dtype as x (<dtype: 'float32'>).");
  Builder other(graph);
  CHECK(error(x, other, {Literal(1.0)}, {Literal(1.0)}) ==
        "ValueError: The length of boundaries should be 1 less than the length of values");
  Builder third(graph);
  CHECK(error(x, third, {Literal(1.0)}, {Literal(1.0), Literal(2)}) ==
        "ValueError: Values must have elements all with the same dtype (<dtype: 'float32'> vs <dtype: "
        "'int32'>).");
}

TEST_CASE("clipping keeps gradients within bounds, and leaves alone what is within them") {
  const auto clipped = [](const char* name, const Parameters& parameters) {
    Graph graph;
    Builder b(graph);
    const ClippingType& type = *find_clipping_type(name);
    const Output x = tf::constant(b, Tensor::vector<float>({3, 4})),
                 y = tf::constant(b, Tensor::scalar(12.0f));
    const auto out = type.build(b, {x, {}, y}, complete(type.parameters, parameters));
    must(b.status());
    REQUIRE(out.size() == 3);
    CHECK_FALSE(out[1].valid());
    return cat(str(value_of(graph, out[0])), " ", str(value_of(graph, out[2])));
  };
  CHECK(clipped("clip_by_value", {{"clip_value_min", -1}, {"clip_value_max", 3.5}}) == "[3.  3.5] 3.5");
  CHECK(clipped("clip_by_norm", {{"clip_norm", 2.5}}) == "[1.5 2. ] 2.5");
  CHECK(clipped("clip_by_norm", {{"clip_norm", 6}}) == "[3. 4.] 6.0");
  CHECK(clipped("clip_by_global_norm", {{"clip_norm", 6.5}}) == "[1.5 2. ] 6.0");
  CHECK(clipped("clip_by_global_norm", {{"clip_norm", 100}}) == "[3. 4.] 12.0");
}

TEST_CASE("schedules and clippings are described, and their parameters start within their ranges") {
  const auto check = [](const auto& types, auto find) {
    for (const auto& type : types) {
      INFO(type.name);
      CHECK(find(type.name) == &type);
      CHECK(*type.formula);
      CHECK(std::string_view(type.python).starts_with("tf."));
      CHECK(std::string_view(type.help).ends_with('.'));
      for (const Parameter& parameter : type.parameters) {
        CHECK(std::string_view(parameter.help).ends_with('.'));
        CHECK(parameter.minimum <= parameter.initial);
        CHECK(parameter.initial <= parameter.maximum);
      }
    }
    CHECK(find("nobody") == nullptr);
  };
  check(schedule_types(), find_schedule_type);
  check(clipping_types(), find_clipping_type);
}

TEST_CASE("a scene's schedule changes its steps, and its learning rate can still be changed") {
  Desk desk(descent_scene(R"("optimizer": {"name": "GradientDescent", "learning_rate": 0.25},
      "schedule": {"name": "piecewise_constant", "boundary_1": 1, "boundary_2": 2, "value_1": 0.125, "value_2": 0})"));
  // Steps are counted from 0, so two of them have the rate itself.
  for (const double expected : {1.5, 0.75, 0.5625, 0.5625}) {
    CHECK(desk.workspace.advance(1, always) == 1);
    CHECK(weight(desk) == expected);
  }
  desk.workspace.reset();
  desk.workspace.advance(1, always);
  Training training = desk.workspace.scene().training;
  training.optimizer.parameters["learning_rate"] = 0.5;
  CHECK(desk.apply(edit::SetTraining{training}) == "no error");
  CHECK(desk.workspace.snapshot().counters.step == 1);
  desk.workspace.advance(1, always);
  CHECK(weight(desk) == 0);
  training.schedule.parameters["value_1"] = 0.5;
  CHECK(desk.apply(edit::SetTraining{training}) == "no error");
  CHECK(desk.workspace.snapshot().counters.step == 0);
}

TEST_CASE("a scene's gradients are clipped") {
  Desk desk(descent_scene(R"("optimizer": {"name": "GradientDescent", "learning_rate": 0.5},
      "clipping": {"name": "clip_by_norm", "clip_norm": 2})"));
  for (const double expected : {2, 1, 0, 0}) {
    desk.workspace.advance(1, always);
    CHECK(weight(desk) == expected);
  }
}

TEST_CASE("what a schedule and a clipping have added to the graph is known as theirs") {
  Desk desk(descent_scene(R"("optimizer": {"name": "Momentum", "learning_rate": 0.5},
      "schedule": {"name": "natural_exp_decay"}, "clipping": {"name": "clip_by_global_norm"})"));
  const Lowered& lowered = desk.workspace.lowered();
  std::map<std::string, std::pair<int, int>> known;  // By the first part of a name.
  for (const Node& node : lowered.graph->nodes()) {
    auto& [by_schedule, by_clipping] = known[node.name.substr(0, node.name.find('/'))];
    by_schedule += lowered.schedule.has(node.id) ? 1 : -1;
    by_clipping += lowered.clipping.has(node.id) ? 1 : -1;
  }
  for (const auto& entry : known) {
    const std::string& part = entry.first;
    CAPTURE(part);
    const bool is_of_schedule = part == "global_step" || part == "learning_rate" || part == "Neg" ||
                                part == "Exp" || part == "ExponentialDecay",
               is_of_clipping = part == "clip_by_global_norm";
    CHECK((entry.second.first > 0) == is_of_schedule);
    CHECK((entry.second.second > 0) == is_of_clipping);
  }
  CHECK(known.count("ExponentialDecay") == 1);
  CHECK(known.count("clip_by_global_norm") == 1);
  Desk plain(descent_scene(R"("optimizer": {"name": "Momentum", "learning_rate": 0.5})"));
  for (const Node& node : plain.workspace.lowered().graph->nodes())
    CHECK(!(plain.workspace.lowered().schedule.has(node.id) ||
            plain.workspace.lowered().clipping.has(node.id)));
}

TEST_CASE("every optimizer and every schedule trains a scene, lives through live changes and starts again") {
  for (const OptimizerType& type : optimizer_types()) {
    INFO(type.name);
    Desk desk(descent_scene(cat(R"("optimizer": {"name": ")", type.name, "\"}")));
    CHECK_FALSE(desk.workspace.snapshot().training_error);
    const double start = weight(desk);
    CHECK(desk.workspace.advance(3, always) == 3);
    CHECK(weight(desk) < start);
    for (const Parameter& parameter : type.parameters) {
      INFO(parameter.name);
      Training training = desk.workspace.scene().training;
      training.optimizer.parameters[parameter.name] = parameter.initial / 2 + parameter.minimum / 2;
      const std::int64_t before = desk.workspace.snapshot().counters.step;
      CHECK(desk.apply(edit::SetTraining{training}) == "no error");
      CHECK(desk.workspace.snapshot().counters.step == (is_live(type, parameter.name) ? before : 0));
      CHECK(desk.workspace.advance(1, always) == 1);
    }
  }
  for (const ScheduleType& type : schedule_types()) {
    INFO(type.name);
    Desk desk(descent_scene(cat(R"("schedule": {"name": ")", type.name, "\"}")));
    CHECK_FALSE(desk.workspace.snapshot().training_error);
    CHECK(desk.workspace.advance(3, always) == 3);
    CHECK(weight(desk) < 3);
  }
}

TEST_CASE("a schedule and a clipping are part of a scene's file, and held to their ranges") {
  const std::string text = descent_scene(R"("schedule": {"name": "exponential_decay", "decay_rate": 0.5},
      "clipping": {"name": "clip_by_global_norm", "clip_norm": 2})");
  const std::string written = scene_to_json(must(scene_from_json(text)));
  CHECK(written.find("\"exponential_decay\"") != std::string::npos);
  CHECK(written.find("\"clip_by_global_norm\"") != std::string::npos);
  CHECK(scene_to_json(must(scene_from_json(written))) == written);
  CHECK(scene_to_json(must(scene_from_json(descent_scene(R"("seed": 1)")))).find("schedule") ==
        std::string::npos);
  CHECK(opening_error(descent_scene(R"("schedule": {"name": "magic"})")) ==
        "ValueError: Unknown schedule: 'magic'.");
  CHECK(opening_error(descent_scene(R"("clipping": {"name": "magic"})")) ==
        "ValueError: Unknown clipping: 'magic'.");
  CHECK(opening_error(descent_scene(R"("schedule": {"name": "cosine_decay", "alpha": 2})")) ==
        "ValueError: schedule 'cosine_decay': alpha must be from 0 to 1, not 2.");
  CHECK(opening_error(descent_scene(R"("clipping": {"name": "", "clip_norm": 2})")) ==
        "ValueError: clipping '' has no parameter 'clip_norm'.");
}

}  // namespace sandflow::test
