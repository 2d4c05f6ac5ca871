// The module as other programs use it: every call of sandflow.mjs, what it gives, and what it throws.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "../../dist/engine/sandflow.mjs";

const sf = await load();

// Runs `fetches` of a graph that `build` makes, in a session of its own.
function run(build, feeds) {
  const g = new sf.Graph();
  const fetches = build(g);
  return new sf.Session(g).run(fetches, feeds);
}

const throws = (act, name, message) =>
  assert.throws(act, (error) => {
    assert.ok(error instanceof Error);
    assert.equal(`${error.name}: ${error.message}`, `${name}: ${message}`);
    return true;
  });

test("operations are added by type and run", () => {
  const g = new sf.Graph();
  const x = g.placeholder("float32", [null, 2], "x");
  const y = g.op("MatMul", [x, [[1], [2]]], { transpose_b: false }, "y");
  const [value] = new sf.Session(g).run([y], [[x, [[3, 4]]]]);
  assert.equal(value.dtype, "float32");
  assert.deepEqual(value.shape, [1, 1]);
  assert.deepEqual(value.data, Float32Array.of(11));
});

test("tensors, operations and variables say what they are", () => {
  const g = new sf.Graph();
  const x = g.placeholder("float32", [null, 2], "x");
  const any = g.placeholder("int64");
  const W = g.variable({ initial_value: [[1.5], [2.5]], name: "W" });
  const y = g.op("MatMul", [x, W], {}, "y");
  assert.equal(String(y), 'Tensor("y:0", shape=(?, 1), dtype=float32)');
  assert.equal(String(any), 'Tensor("Placeholder:0", dtype=int64)');
  assert.equal(String(W), "<tf.Variable 'W:0' shape=(2, 1) dtype=float32_ref>");
  assert.equal(String(W.ref), 'Tensor("W:0", shape=(2, 1), dtype=float32_ref)');
  assert.equal(String(W.initializer), "<tf.Operation 'W/Assign' type=Assign>");
  assert.deepEqual([W.name, W.dtype, W.shape, W.graph === g], ["W:0", "float32", [2, 1], true]);
  assert.deepEqual([y.name, y.dtype, y.shape, y.index, any.shape], ["y:0", "float32", [null, 1], 0, null]);
  assert.deepEqual([y.op.name, y.op.type, y.op.id], ["y", "MatMul", g.operations.length - 1]);
  assert.deepEqual(y.op.inputs, [x, W.value]);
  assert.equal(y.op.outputs[0], y);
  assert.equal(g.tensor("y:0"), y);
  assert.equal(g.operation("y"), y.op);
  const names = ["x", "Placeholder", "W/initial_value", "W", "W/Assign", "W/read", "y"];
  assert.deepEqual(g.operations.map((op) => op.name), names);
});

test("an operation with several outputs gives them all, one without outputs itself", () => {
  const g = new sf.Graph();
  const several = g.op("SoftmaxCrossEntropyWithLogits", [[[1.5, 2.5]], [[0, 1]]]);
  assert.equal(several.length, 2);
  assert.deepEqual(several.map((tensor) => tensor.index), [0, 1]);
  const none = g.op("NoOp");
  assert.ok(none instanceof sf.Operation);
  assert.equal(new sf.Session(g).run(none), null);
});

test("values of every dtype go in and come out", () => {
  const cases = {
    float32: [[1.5, -0, NaN, Infinity], Float32Array.of(1.5, -0, NaN, Infinity)],
    float64: [[0.1, -Infinity, 5e-324, 1e300], Float64Array.of(0.1, -Infinity, 5e-324, 1e300)],
    int32: [[1, -2147483648, 2147483647, 0], Int32Array.of(1, -2147483648, 2147483647, 0)],
    int64: [[1n, -(2n ** 63n) + 1n, 2n ** 63n - 1n, 2 ** 53], BigInt64Array.of(1n, -(2n ** 63n) + 1n, 2n ** 63n - 1n, 2n ** 53n)],
    bool: [[true, false, true, true], Uint8Array.of(1, 0, 1, 1)],
    string: [["a", "", "it's \\ \n 'x'", "한글"], ["a", "", "it's \\ \n 'x'", "한글"]],
  };
  assert.deepEqual(Object.keys(cases), sf.dtypes);
  for (const [dtype, [list, data]] of Object.entries(cases)) {
    const g = new sf.Graph();
    const x = g.placeholder(dtype);
    const session = new sf.Session(g);
    const constant = g.constant(list, dtype);
    for (const value of [
      session.run(constant),
      session.run(x, [[x, list]]),
      session.run(x, [[x, { data, shape: [4], dtype }]]),
      session.run(x, [[x, { data: [...data], shape: [4], dtype }]]),
      session.run(x, [[x, new sf.NDArray(data, [4], dtype)]]),
    ]) {
      assert.equal(value.dtype, dtype);
      assert.deepEqual(value.shape, [4]);
      assert.deepEqual(value.data, data);
    }
    const square = session.run(x, [[x, { data, shape: [2, 2], dtype }]]);
    assert.deepEqual(square.toArray().flat().length, 4);
    assert.deepEqual(session.run(g.op("Identity", [square])).data, data);
  }
});

test("literals have the dtypes that Python's would have", () => {
  const dtype = (value) => run((g) => g.constant(value)).dtype;
  assert.equal(dtype(1), "int32");
  assert.equal(dtype(2 ** 40), "int64");
  assert.equal(dtype(5n), "int32");
  assert.equal(dtype([1, 2.5]), "float32");
  assert.equal(dtype(1e21), "float32");
  assert.equal(dtype(true), "bool");
  assert.equal(dtype("text"), "string");
  assert.equal(dtype(Float64Array.of(1)), "float64");
  assert.equal(dtype(Uint8Array.of(200)), "int32");
  assert.equal(dtype(Uint8ClampedArray.of(200)), "int32");
  assert.equal(dtype(Int16Array.of(200)), "int32");
  assert.deepEqual(run((g) => g.constant([])).shape, [0]);
  throws(() => run((g) => g.constant(Uint32Array.of(1))), "TypeError", "data type 'Uint32Array' not understood");
  throws(() => run((g) => g.constant(() => 1)), "TypeError", "() => 1 is no value for a tensor.");
});

test("a value prints as numpy prints it, and calculates as a number", () => {
  const value = run((g) => g.constant([[1, 2.5], [-3, 4]]));
  assert.equal(String(value), "[[ 1.   2.5]\n [-3.   4. ]]");
  assert.equal(value.repr(), "array([[ 1. ,  2.5],\n       [-3. ,  4. ]], dtype=float32)");
  assert.deepEqual(value.toArray(), [[1, 2.5], [-3, 4]]);
  const scalar = run((g) => g.constant(2.5));
  assert.equal(scalar * 2, 5);
  assert.ok(scalar < 3);
  assert.equal(`${scalar}`, "2.5");
  assert.equal(scalar.toArray(), 2.5);
  assert.equal(run((g) => g.constant(true)).toArray(), true);
  assert.equal(String(run((g) => g.constant("Hello world!"))), "b'Hello world!'");
});

test("fetches keep their structure", () => {
  const g = new sf.Graph();
  const a = g.constant(1, undefined, "a");
  const b = g.constant(2, undefined, "b");
  const session = new sf.Session(g);
  const { sum, both, op, named } = session.run({ sum: g.op("Add", [a, b]), both: [[a], b], op: a.op, named: ["a:0", "b"] });
  assert.equal(+sum, 3);
  assert.deepEqual([+both[0][0], +both[1], op, +named[0], named[1]], [1, 2, null, 1, null]);
  assert.deepEqual(session.run([]), []);
  assert.deepEqual(session.run({}), {});
});

test("feeds come as a map, as pairs or by name, over any tensor", () => {
  const g = new sf.Graph();
  const x = g.placeholder("float32", [], "x");
  const one = g.constant(1, "float32", "one");
  const y = g.op("Add", [x, one], {}, "y");
  const session = new sf.Session(g);
  assert.equal(+session.run(y, new Map([[x, 2]])), 3);
  assert.equal(+session.run(y, [[x, 2], [one, 5]]), 7);
  assert.equal(+session.run(y, { "x:0": 2 }), 3);
  assert.equal(+session.run(y, { "y:0": 9 }), 9);
  assert.equal(+session.run("y:0", [[x, session.run(y, [[x, 1]])]]), 3);
});

test("name scopes and control dependencies hold for what is added inside", () => {
  const g = new sf.Graph();
  const count = g.variable({ initial_value: 0, name: "count" });
  const name = g.nameScope("layer", (scope) => {
    assert.equal(scope, "layer/");
    return g.nameScope("inner", () => g.constant(1).name);
  });
  assert.equal(name, "layer/inner/Const:0");
  assert.equal(g.nameScope("layer", () => g.constant(1).name), "layer_1/Const:0");
  throws(() => g.nameScope("a b", () => assert.fail()), "ValueError", "'a b' is not a valid scope name");
  assert.throws(() => g.nameScope("broken", () => g.op("Fly")));
  assert.equal(g.constant(1).name, "Const:0");
  const up = g.op("Assign", [count, g.op("Add", [count, 1])]);
  const after = g.controlDependencies([up], () => g.op("Identity", [count.ref], {}, "after"));
  assert.deepEqual(after.op.controlInputs, [up.op]);
  assert.deepEqual(g.op("NoOp").controlInputs, []);
  const session = new sf.Session(g);
  session.run(g.globalVariablesInitializer());
  assert.deepEqual([1, 2].map(() => +session.run(after)), [1, 2]);
});

test("gradients and optimizers find a minimum", () => {
  for (const { name } of sf.optimizers) {
    const g = new sf.Graph({ seed: 1 });
    const W = g.variable({ shape: [2], initializer: "random_normal", stddev: 0.5, name: "W" });
    const loss = g.op("Sum", [g.op("Square", [g.op("Sub", [W, [1, -2]])]), 0], {}, "loss");
    const [dW, none] = g.gradients(loss, [W, g.constant(1.5)]);
    assert.equal(none, null);
    const global_step = g.variable({ initial_value: 0, dtype: "int64", name: "global_step", trainable: false });
    const train = g.minimize(loss, name, { learning_rate: 0.1, global_step });
    const session = new sf.Session(g);
    session.run(g.globalVariablesInitializer());
    const [start, w, gradient] = session.run([loss, W, dW]);
    assert.deepEqual(gradient.data, w.data.map((element, i) => 2 * (element - [1, -2][i])));
    for (let i = 0; i < 20; i++) session.run(train);
    assert.ok(session.run(loss) < start, `${name} does not learn`);
    assert.equal(session.run(global_step).toArray(), 20n);
    session.close();
  }
});

test("minimize changes the variables it is given", () => {
  const g = new sf.Graph();
  const a = g.variable({ initial_value: 3.5, name: "a" });
  const b = g.variable({ initial_value: 4.5, name: "b" });
  g.variable({ initial_value: 5.5, name: "fixed", trainable: false });
  const loss = g.op("Mul", [a, b]);
  const train = g.minimize(loss, "GradientDescent", { learning_rate: 1, var_list: [b] });
  const session = new sf.Session(g);
  session.run(g.globalVariablesInitializer());
  session.run(train);
  assert.deepEqual(session.run([a, b, "fixed:0"]).map(Number), [3.5, 1, 5.5]);
});

test("a learning rate may be a part of the graph", () => {
  const g = new sf.Graph();
  const x = g.variable({ initial_value: 8.5, name: "x" });
  const global_step = g.variable({ initial_value: 0, name: "global_step", trainable: false });
  const rate = g.op("RealDiv", [1, g.op("Add", [g.op("Cast", [global_step], { DstT: "float32" }), 1])]);
  const train = g.minimize(x.value, "GradientDescent", { learning_rate: rate, global_step });
  const session = new sf.Session(g);
  session.run(g.globalVariablesInitializer());
  const places = [1, 2, 3].map(() => [session.run(train), +session.run(x)][1]);
  assert.deepEqual(places.slice(0, 2), [7.5, 7]);
  assert.ok(Math.abs(places[2] - (7 - 1 / 3)) < 1e-6);
  assert.equal(+session.run(global_step), 3);
  throws(() => g.minimize(x.value, "GradientDescent", { rate }), "ValueError", "optimizer 'GradientDescent' takes no tensor 'rate'.");
  throws(() => g.minimize(x.value, "GradientDescent", { global_step: x }), "TypeError", "Existing \"global_step\" does not have integer type: <dtype: 'float32'>");
});

test("every initializer makes a variable", () => {
  for (const { name } of sf.initializers) {
    const g = new sf.Graph({ seed: 3 });
    const W = g.variable({ shape: [3, 3], dtype: "float64", initializer: name, seed: 5 });
    const session = new sf.Session(g);
    session.run(g.globalVariablesInitializer());
    const { dtype, shape } = session.run(W);
    assert.deepEqual([dtype, shape], ["float64", [3, 3]], name);
  }
});

test("a seed decides what is drawn; without one, each session draws anew", () => {
  const drawn = (options, session) => {
    const g = new sf.Graph(options);
    return new sf.Session(g, session).run(g.op("RandomUniform", [[4]])).toArray();
  };
  assert.deepEqual(drawn({ seed: 1 }), drawn({ seed: 1 }));
  assert.notDeepEqual(drawn({ seed: 1 }), drawn({ seed: 2 }));
  assert.notDeepEqual(drawn(), drawn());
  assert.deepEqual(drawn({}, { entropy: 5 }), drawn({}, { entropy: 5 }));
});

test("mistakes are thrown as TensorFlow's errors", () => {
  const g = new sf.Graph();
  const x = g.placeholder("float32", [null, 3], "x");
  const W = g.variable({ initial_value: [1.5], name: "W" });
  const session = new sf.Session(g);
  throws(() => session.run(x), "InvalidArgumentError", "You must feed a value for placeholder tensor 'x' with dtype float and shape [?,3]\n\t [[{{node x}}]]");
  throws(() => session.run(W), "FailedPreconditionError", "Attempting to use uninitialized value W\n\t [[{{node _retval_W_0_0}}]]");
  throws(() => session.run(x, [[x, [[1]]]]), "ValueError", "Cannot feed value of shape (1, 1) for Tensor 'x:0', which has shape '(?, 3)'");
  throws(() => session.run(null), "TypeError", "Fetch argument None has invalid type <class 'NoneType'>");
  throws(() => session.run("nobody"), "ValueError", "Fetch argument 'nobody' cannot be interpreted as a Tensor. (\"The name 'nobody' refers to an Operation not in the graph.\")");
  throws(() => g.op("Fly"), "RuntimeError", "Unrecognized Op name Fly");
  throws(() => g.op("Add", [1, 2.5]), "TypeError", "Expected int32 passed to parameter 'y' of op 'Add', got 2.5 of type 'float' instead. Error: Expected int32, got 2.5 of type 'float' instead.");
  throws(() => g.tensor("nobody:0"), "KeyError", "The name 'nobody:0' refers to a Tensor which does not exist. The operation, 'nobody', does not exist in the graph.");
  throws(() => g.operation("nobody"), "KeyError", "The name 'nobody' refers to an Operation not in the graph.");
  throws(() => g.op("Identity", [new sf.Graph().constant(1)]), "ValueError", 'Tensor("Const:0", shape=(), dtype=int32) is not from the passed-in graph.');
  throws(() => g.minimize(x, "Magic"), "ValueError", "Unknown optimizer: 'Magic'.");
  throws(() => session.run([[x]], [[x, { data: [1, 2], shape: [3], dtype: "float32" }]]), "ValueError", "cannot reshape array of size 2 into shape (3)");
  const error = (() => {
    try {
      session.run(g.op("Reshape", [x, [2]], {}, "r"), [[x, [[1, 2, 3]]]]);
    } catch (thrown) {
      return thrown;
    }
  })();
  assert.deepEqual([error.name, error.node], ["InvalidArgumentError", "r"]);
});

test("what is too large is an error, and the module goes on", () => {
  const g = new sf.Graph();
  const session = new sf.Session(g);
  throws(() => g.variable({ shape: [1e6, 1e6] }), "ResourceExhaustedError", "OOM when allocating tensor with shape[1000000,1000000] and type float");
  throws(() => session.run(g.op("Fill", [[1e6, 1e6], 1.5], {}, "big")), "ResourceExhaustedError", "OOM when allocating tensor with shape[1000000,1000000] and type float\n\t [[{{node big}}]]");
  throws(() => g.constant(new Float64Array(2 ** 25)), "ResourceExhaustedError", "a request has at most 268435456 bytes");
  const values = [1, 2, 3, 4].map((i) => session.run(g.op("Fill", [[4000000], i])));
  assert.deepEqual(values.map((value) => value.data[3999999]), [1, 2, 3, 4]);
});

test("closed sessions and freed graphs say so", () => {
  const g = new sf.Graph();
  const c = g.constant(5);
  const session = new sf.Session(g);
  g.free();
  assert.equal(session.graph, g);
  assert.equal(+session.run(c), 5);
  throws(() => g.constant(1), "RuntimeError", "there is no such graph: it was freed.");
  session.close();
  throws(() => session.run(c), "RuntimeError", "Attempted to use a closed Session.");
  const empty = new sf.Session(new sf.Graph());
  throws(() => empty.run("x"), "RuntimeError", "The Session graph is empty.  Add operations to the graph before calling run().");
});

test("the lists describe what there is", () => {
  const types = new Set(sf.operations.map((op) => op.type));
  for (const type of ["Const", "Placeholder", "MatMul", "Softmax", "ApplyMomentum"]) assert.ok(types.has(type), type);
  assert.equal(types.size, sf.operations.length);
  const matmul = sf.operations.find((op) => op.type === "MatMul");
  assert.deepEqual(matmul.inputs.map((input) => [input.name, input.type]), [["a", "T"], ["b", "T"]]);
  assert.deepEqual(matmul.attrs.find((attr) => attr.name === "transpose_a"), {
    name: "transpose_a",
    kind: "bool",
    is_required: false,
    initial: false,
  });
  assert.ok(sf.datasets.some((data) => data.name === "penguins"));
  const rate = sf.optimizers[0].parameters.find((parameter) => parameter.name === "learning_rate");
  assert.deepEqual([rate.minimum, rate.is_integer], [0, false]);
});

const scene = (name) => readFileSync(new URL(`../../web/lessons/scenes/${name}.json`, import.meta.url), "utf8");

test("scenes train here as they do natively, to the last digit", () => {
  for (const name of ["penguins", "spiral"]) {
    const opened = sf.openScene(scene(name));
    assert.equal(opened.train(100), 100);
    const { losses, evaluations } = opened.snapshot();
    const curve = readFileSync(new URL(`../curves/${name}.csv`, import.meta.url), "utf8").trim().split("\n").slice(1);
    assert.equal(losses.length, 100);
    for (const row of curve) {
      const [step, loss, epoch, ...measures] = row.split(",");
      if (step > 0) assert.equal(losses[step - 1].loss, Number(loss), `step ${step}`);
      if (!epoch) continue;
      const { step: at, epoch: completed, ...measured } = evaluations.shift();
      assert.deepEqual([at, completed], [Number(step), Number(epoch)]);
      assert.deepEqual(Object.values(measured), measures.map((text) => (text === "nan" ? NaN : Number(text))));
    }
    opened.free();
  }
});

test("a scene is reset, written, asked and looked at", () => {
  const opened = sf.openScene(scene("penguins"));
  opened.train(10);
  opened.reset();
  const fresh = opened.snapshot();
  assert.deepEqual([fresh.step, fresh.epoch, fresh.examples, fresh.can_train], [0, 0, 0, true]);
  assert.deepEqual(fresh.losses, []);
  assert.equal(fresh.training_error, null);
  assert.equal(fresh.divergence, null);
  assert.equal(fresh.now.step, 0);
  const W = fresh.nodes.find((node) => node.name === "W");
  assert.deepEqual([W.type, W.dtype, W.shape, W.error, W.is_blocked], ["Variable", "float32", [4, 3], null, false]);
  assert.deepEqual([W.value.shape, W.gradient.shape], [[4, 3], [4, 3]]);
  assert.ok(W.order >= 0);
  assert.deepEqual(JSON.parse(opened.json()).training, JSON.parse(scene("penguins")).training);
  const rows = opened.predict([[0, 0, 0, 0], [1, 1, 1, 1]]);
  assert.deepEqual(rows.shape, [2, 3]);
  throws(() => opened.predict([[0, 0]]), "ValueError", "Cannot feed value of shape (1, 2) for Tensor 'x:0', which has shape '(?, 4)'");
});

test("a scene with mistakes opens, and says them", () => {
  const opened = sf.openScene('{"sandflow": 1, "training": {"loss": "sum"}, "nodes": [{"name": "sum", "type": "Add"}]}');
  const { nodes, can_train, training_error } = opened.snapshot();
  assert.equal(nodes[0].error.name, "TypeError");
  assert.equal(nodes[0].error.message, "add() missing 2 required positional arguments: 'x' and 'y'");
  assert.equal(nodes[0].value, null);
  assert.equal(can_train, false);
  assert.ok(training_error instanceof Error);
  assert.throws(() => opened.train(1));
  opened.free();
  throws(() => opened.snapshot(), "RuntimeError", "there is no such scene: it was freed.");
  throws(() => sf.openScene("{"), "ValueError", "line 1, column 2: unexpected end of data.");
});

test("a run that diverges stops, and its numbers are numbers", () => {
  const opened = sf.openScene(`{"sandflow": 1, "training": {"loss": "loss", "optimizer": {"name": "GradientDescent", "learning_rate": 1000}}, "nodes": [
    {"name": "W", "type": "Variable", "inputs": [{"value": "1.0"}]}, {"name": "loss", "type": "Square", "inputs": ["W"]}]}`);
  assert.ok(opened.train(1000) < 1000);
  const { divergence, losses } = opened.snapshot();
  assert.equal(divergence.step, losses.at(-1).step);
  assert.ok(!Number.isFinite(losses.at(-1).loss));
  assert.equal(typeof losses.at(-1).loss, "number");
});

test("two loaded modules share nothing", async () => {
  const other = await load();
  const g = new sf.Graph();
  const theirs = new other.Graph();
  theirs.constant(1);
  assert.equal(g.operations.length, 0);
  throws(() => theirs.op("Identity", [g.constant(1)]), "TypeError", 'Tensor("Const:0", shape=(), dtype=int32) is no value for a tensor.');
});
