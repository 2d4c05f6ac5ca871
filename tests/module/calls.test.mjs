// What JavaScript has of Python beyond operations: functions, the default session, and TensorFlow's words for a tensor
// that is taken for a value.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../../dist/engine/sandflow.mjs";

const sf = await load();

const throws = (act, name, message) =>
  assert.throws(act, (error) => {
    assert.ok(error instanceof Error);
    assert.equal(`${error.name}: ${error.message}`, `${name}: ${message}`);
    return true;
  });

test("functions are called by position and by name, literals beside tensors as constants", () => {
  const g = new sf.Graph({ seed: 3 });
  const logits = g.constant([[1.5, 2.5]], "float64", "logits");
  const cost = g.call("softmax_cross_entropy_with_logits", { labels: [[0, 1]], logits });
  assert.equal(cost.name, "softmax_cross_entropy_with_logits_sg/Reshape_2:0");
  assert.equal(cost.dtype, "float64");
  const session = new sf.Session(g);
  assert.ok(Math.abs(session.run(cost).data[0] - Math.log(1 + Math.exp(-1))) < 1e-12);
  const x = g.constant([1, 1, 1, 1, 1, 1, 1, 1], "float32");
  const kept = session.run(g.call("dropout", [x], { rate: 0.5 }, "drop")).data;
  assert.ok(kept.every((element) => element === 0 || element === 2));
  assert.equal(session.run(g.call("dropout", { x, rate: 0 })).data[0], 1);
  assert.deepEqual(session.run(g.call("boolean_mask", [[1, 2, 3], [true, false, true]])).data, Int32Array.of(1, 3));
  assert.equal(g.call("swish", [x], undefined, "mine").name, "mine:0");
  assert.equal(g.nameScope("layer", () => g.call("swish", [x])).name, "layer/swish:0");
});

test("a function gives its output, a list of several, or the operation", () => {
  const g = new sf.Graph();
  const session = new sf.Session(g);
  const [mean, variance] = g.call("moments", [g.constant([[1, 2], [3, 6]], "float32")], { axes: 0 });
  assert.deepEqual(session.run([mean, variance]).map(String), ["[2. 4.]", "[1. 4.]"]);
  const x = g.constant([3, 4], "float32");
  const normal = g.call("batch_normalization", [x, 3, 1, null, undefined], { variance_epsilon: 0 });
  assert.deepEqual(session.run(normal).toArray(), [0, 1]);
  const count = g.variable({ initial_value: 0, name: "count" });
  const both = g.call("group", [count.initializer, g.op("Neg", [x])]);
  assert.ok(both instanceof sf.Operation);
  assert.equal(both.type, "NoOp");
  assert.equal(session.run(both), null);
  assert.equal(+session.run(count), 0);
});

test("a call that does not fit says so in Python's words", () => {
  const g = new sf.Graph();
  const x = g.constant([1.5, 2.5]);
  throws(() => g.call("softmax_cross_entropy_with_logits", [x, x]), "ValueError", "Only call `softmax_cross_entropy_with_logits` with named arguments (labels=..., logits=..., ...)");
  throws(() => g.call("softmax_cross_entropy_with_logits", { logits: x }), "ValueError", "Both labels and logits must be provided.");
  throws(() => g.call("swish"), "TypeError", "swish() missing 1 required positional argument: 'features'");
  throws(() => g.call("swish", [x], { beta: 1 }), "TypeError", "swish() got an unexpected keyword argument 'beta'");
  throws(() => g.call("fly"), "TypeError", "there is no function 'fly'.");
  throws(() => g.call("random_uniform", [[2]], { dtype: "int32" }), "ValueError", "Must specify maxval for integer dtype tf.int32");
});

test("the list of functions describes them", () => {
  const names = new Set(sf.functions.map((each) => each.name));
  for (const name of ["dropout", "softmax_cross_entropy_with_logits", "clip_by_norm", "boolean_mask"]) assert.ok(names.has(name), name);
  assert.equal(names.size, sf.functions.length);
  const normal = sf.functions.find((each) => each.name === "batch_normalization");
  assert.equal(normal.python, "tf.nn.batch_normalization");
  assert.deepEqual([normal.optional, normal.takes_only_names], [2, false]);
  assert.deepEqual(normal.inputs.map((input) => input.name), ["x", "mean", "variance", "offset", "scale"]);
  assert.deepEqual(normal.outputs, ["output"]);
  assert.equal(normal.attrs.find((attr) => attr.name === "variance_epsilon").initial, 0.001);
  assert.ok(sf.functions.find((each) => each.name === "sigmoid_cross_entropy_with_logits").takes_only_names);
});

test("a tensor is no number, no list and no bool, but prints", () => {
  const g = new sf.Graph();
  const x = g.constant([1, 2], undefined, "x");
  const bool = "using a `tf.Tensor` as a Python `bool` is not allowed in Graph execution. Use Eager execution or decorate this function with @tf.function.";
  const iterator = "iterating over `tf.Tensor` is not allowed in Graph execution. Use Eager execution or decorate this function with @tf.function.";
  for (const use of [() => +x, () => x + 1, () => x < 3, () => x == 1, () => "x is " + x]) throws(use, "TypeError", bool);
  for (const use of [() => [...x], () => { for (const _ of x); }, () => Array.from(x), () => Math.max(...x)])
    throws(use, "TypeError", iterator);
  throws(() => x.length, "TypeError", "len is not well defined for symbolic Tensors. (x:0) Please call `x.shape` rather than `len(x)` for shape information.");
  assert.equal(`${x}`, 'Tensor("x:0", shape=(2,), dtype=int32)');
  assert.ok(x == g.tensor("x:0"));
});

test("eval and run use the default session", () => {
  const g = new sf.Graph();
  const x = g.placeholder("float32", [], "x");
  const y = g.op("Square", [x]);
  const count = g.variable({ initial_value: 1.5, name: "count" });
  const session = new sf.Session(g);
  throws(() => y.eval([[x, 3]]), "ValueError", "Cannot evaluate tensor using `eval()`: No default session is registered. Use `with sess.as_default()` or pass an explicit session to `eval(session=sess)`");
  throws(() => count.initializer.run(), "ValueError", "Cannot execute operation using `run()`: No default session is registered. Use `with sess.as_default():` or pass an explicit session to `run(session=sess)`");
  const given = session.asDefault((same) => {
    assert.equal(same, session);
    assert.equal(count.initializer.run(), null);
    assert.equal(+count.value.eval(), 1.5);
    assert.throws(() => new sf.Session(new sf.Graph()).asDefault(() => { throw new Error("inner"); }), /inner/);
    return +y.eval({ "x:0": 3 });
  });
  assert.equal(given, 9);
  assert.throws(() => y.eval(), /No default session is registered/);
  const other = new sf.Graph();
  new sf.Session(other).asDefault(() => {
    throws(() => y.eval(), "ValueError", "Cannot use the default session to evaluate tensor: the tensor's graph is different from the session's graph. Pass an explicit session to `eval(session=sess)`.");
    throws(() => y.op.run(), "ValueError", "Cannot use the default session to execute operation: the operation's graph is different from the session's graph. Pass an explicit session to run(session=sess).");
  });
});

test("a finalized graph runs, and grows no more", () => {
  const g = new sf.Graph();
  const x = g.constant(5);
  g.finalize();
  throws(() => g.constant(1), "RuntimeError", "Graph is finalized and cannot be modified.");
  throws(() => g.op("Neg", [x]), "RuntimeError", "Graph is finalized and cannot be modified.");
  assert.equal(g.operations.length, 1);
  assert.equal(+new sf.Session(g).run(x), 5);
});
