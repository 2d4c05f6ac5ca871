// The Session lens as a learner uses it: the post's programs, fetches and feeds by mouse and by keyboard, errors at
// their node, and the way through a run forwards and back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../../dist/engine/sandflow.mjs";
import { openPage } from "./harness.mjs";

const lensOf = (page) => page.evaluate(() => window.sandflow.lens);
const command = (page, order) => page.evaluate((sent) => window.sandflow.command(sent), order);
const verb = (page, name, more) => command(page, { do: "lens", verb: name, ...more });

// Waits until the lens is as wanted; gives it.
async function until(page, wanted, what = wanted.toString()) {
  const deadline = Date.now() + 20000;
  for (;;) {
    const lens = await lensOf(page);
    if (lens && wanted(lens)) return lens;
    assert.ok(Date.now() < deadline, `never came: ${what}\nlast: ${JSON.stringify(lens)}`);
    await page.waitForTimeout(25);
  }
}

async function stateWith(page, wanted) {
  const deadline = Date.now() + 20000;
  for (;;) {
    const state = await page.evaluate(() => window.sandflow.state);
    if (state?.nodes && wanted(state)) return state;
    assert.ok(Date.now() < deadline, `never came: ${wanted}`);
    await page.waitForTimeout(25);
  }
}

// Opens a scene with the lens on it.
async function open(scene, options) {
  const opened = await openPage(options);
  const { page } = opened;
  await page.evaluate(() => window.sandflow.ready);
  if (scene) await command(page, { do: "open", text: JSON.stringify({ sandflow: 1, ...scene }) });
  if (scene) await stateWith(page, (state) => state.nodes.length === scene.nodes.length && state.nodes[0].name === scene.nodes[0].name);
  await page.locator('#mode [data-mode="on"]').click();
  await until(page, (lens) => lens.on);
  return opened;
}

// Runs what is chosen; the lens once that run is there.
async function run(page) {
  const { runs } = await lensOf(page);
  await page.locator("#lens-run").click();
  return until(page, (lens) => lens.runs === runs + 1);
}

const fetchOnly = async (page, ...names) => {
  for (const name of (await lensOf(page)).fetches) await verb(page, "unfetch", { node: name });
  for (const node of names) await verb(page, "fetch", { node });
  await until(page, (lens) => lens.fetches.join() === names.join());
};

const printed = (page) => page.locator("#lens-printed").textContent();

// Once everything has come to rest: the graph makes room for the lens and for the values that arrive.
async function middleOf(page, name) {
  for (let before; ;) {
    const state = await page.evaluate(() => window.sandflow.state);
    const { x, y, width, height } = state.nodes.find((node) => node.name === name);
    const box = await page.locator("#canvas").boundingBox();
    const middle = { x: box.x + x + width / 2, y: box.y + y + height / 2 };
    if (before && before.x === middle.x && before.y === middle.y) return middle;
    before = middle;
    await page.waitForTimeout(400);
  }
}

const at = (i) => [230 * i, 60];
const constant = (name, value, i) => ({ name, type: "Const", attrs: { value }, at: at(i) });
const placeholder = (name, feed, i) => ({ name, type: "Placeholder", attrs: { dtype: "int32", shape: "(None)", feed }, at: [230 * i, 60 + 120 * i] });
const adding = {
  nodes: [placeholder("x", "11", 0), placeholder("y", "5", 1), { name: "sum", type: "AddV2", inputs: ["x", "y"], at: [480, 60] }],
};

// loss = (x W - 6)^2 with W = 3 at x = 1: 9, the gradient -6, and 3.6 after one step.
const slope = {
  training: { loss: "loss", optimizer: { name: "GradientDescent", learning_rate: 0.1 } },
  nodes: [
    { name: "x", type: "Placeholder", attrs: { shape: "(None, 1)", feed: "[[1.0]]" }, at: [0, 60] },
    { name: "W", type: "Variable", inputs: [{ value: "[[3.0]]" }], at: [0, 240] },
    { name: "MatMul", type: "MatMul", inputs: ["x", "W"], at: [260, 60] },
    { name: "error", type: "Sub", inputs: ["MatMul", { value: "6.0" }], at: [520, 60] },
    { name: "square", type: "Square", inputs: ["error"], at: [760, 60] },
    { name: "loss", type: "Mean", inputs: ["square", { value: "[0, 1]" }], at: [1000, 60] },
    { name: "aside", type: "Neg", inputs: ["MatMul"], at: [520, 240] },
  ],
};

// The post's programs: a scene, what is fetched, what Python prints.
const programs = [
  ["constant", { nodes: [constant("hello_constant", "'Hello world!'", 0)] }, "hello_constant", "b'Hello world!'"],
  ...[["AddV2", "16"], ["Sub", "6"], ["Mul", "55"], ["RealDiv", "2.2"]].map(([type, result]) => [
    `arithmetic, ${type}`,
    { nodes: [constant("a", "11", 0), constant("b", "5", 1), { name: "result", type, inputs: ["a", "b"], at: at(2) }] },
    "result",
    result,
  ]),
  ["placeholder with feeds", adding, "sum", "16"],
  ["Variable", { nodes: [{ name: "x", type: "Variable", inputs: [{ value: "5" }], at: at(0) }] }, "x", "5", "init"],
  ["zeros", { nodes: [{ name: "bias", type: "Variable", inputs: [null], attrs: { shape: "(6,)", initializer: "zeros" }, at: at(0) }] }, "bias", "[0. 0. 0. 0. 0. 0.]", "init"],
  ["softmax", { nodes: [constant("logits", "[1.0, 2.0, 3.0]", 0), { name: "softmax", type: "Softmax", inputs: ["logits"], at: at(1) }] }, "softmax", "[0.09003057 0.24472848 0.66524094]"],
  [
    "cross-entropy",
    {
      nodes: [
        constant("logits", "[[2.0, 1.0, 0.1]]", 0),
        constant("one_hot_y", "[[1.0, 0.0, 0.0]]", 1),
        { name: "cross_entropy", type: "SoftmaxCrossEntropyWithLogits", inputs: ["logits", "one_hot_y"], at: at(2) },
        { name: "loss", type: "Mean", inputs: ["cross_entropy", { value: "[0]" }], at: at(3) },
      ],
    },
    "loss",
    "0.417",
  ],
];

test("the post's programs print what the post prints", async () => {
  const { page, trouble, close } = await open();
  for (const [name, scene, fetch, result, first] of programs) {
    const { session } = await lensOf(page);
    await verb(page, "off");
    await command(page, { do: "open", text: JSON.stringify({ sandflow: 1, ...scene }) });
    await verb(page, "on");
    await until(page, (lens) => lens.on && lens.session > session, name);
    if (first) {
      await fetchOnly(page, first);
      assert.equal((await run(page)).run.printed, "None", name);
    }
    await fetchOnly(page, fetch);
    const lens = await run(page);
    assert.equal(lens.run.error, null, name);
    if (name === "cross-entropy") assert.match(lens.run.printed, /^0\.4170/);
    else assert.equal(lens.run.printed, result, name);
    assert.equal(await printed(page), lens.run.printed);
  }
  assert.deepEqual(trouble(), []);
  await close();
});

test("truncated_normal: the numbers of the engine alone, and others when init runs again", async () => {
  const scene = { training: { seed: 7 }, nodes: [{ name: "weights", type: "Variable", inputs: [null], attrs: { shape: "(5, 5)", initializer: "truncated_normal", stddev: "0.1" }, at: at(0) }] };
  const { page, close } = await open(scene);
  await page.locator("#lens-init").click();
  await until(page, (lens) => lens.runs === 1);
  await fetchOnly(page, "weights");
  const first = (await run(page)).run.printed;
  const sf = await load();
  const g = new sf.Graph({ seed: 7 });
  const weights = g.variable({ shape: [5, 5], initializer: "truncated_normal", stddev: 0.1, name: "weights" });
  const session = new sf.Session(g);
  session.run(g.globalVariablesInitializer());
  assert.equal(first, String(session.run(weights)));
  await page.locator("#lens-init").click();
  await until(page, (lens) => lens.runs === 3);
  assert.notEqual((await run(page)).run.printed, first);
  await page.locator("#lens-renew").click();
  await until(page, (lens) => lens.session === 2);
  assert.match((await run(page)).run.error, /Attempting to use uninitialized value weights/);
  await page.locator("#lens-init").click();
  await until(page, (lens) => lens.runs === 2);
  assert.equal((await run(page)).run.printed, first, "a new session begins the stream anew");
  await close();
});

test("an unfed placeholder says so at its node; a feed of the wrong shape too", async () => {
  const { page, close } = await open(adding);
  await page.getByRole("button", { name: "Stop feeding y" }).click();
  await until(page, (lens) => lens.feeds.length === 1);
  const lens = await run(page);
  assert.equal(lens.run.error_node, "y");
  assert.match(lens.run.error, /^InvalidArgumentError: You must feed a value for placeholder tensor 'y' with dtype int32/);
  assert.equal(lens.code, "sess.run(sum, feed_dict={x: 11})");
  await verb(page, "to", { stop: 99 });
  const state = await stateWith(page, ({ nodes }) => nodes[1].error);
  assert.match(state.nodes[1].error, /You must feed/);
  assert.match(await printed(page), /You must feed a value/);
  await page.locator("#lens-feed").fill("y");
  await page.locator("#lens-feed").press("Enter");
  const value = page.getByLabel("Value for y, as in Python");
  await value.fill("[1, 2]");
  await value.press("Enter");
  await until(page, (now) => now.feeds[1]?.text === "[1, 2]");
  assert.equal((await run(page)).run.printed, "[12 13]");
  await close();
});

test("fetching loss leaves Variables alone, fetching train walks back and changes them", async () => {
  const { page, trouble, close } = await open(slope);
  assert.deepEqual((await lensOf(page)).variables.map(({ state }) => state), ["uninitialized"]);
  const early = await run(page);
  assert.match(early.run.error, /^FailedPreconditionError: Attempting to use uninitialized value W/);
  assert.equal(early.run.error_node, "W");
  await page.locator("#lens-init").click();
  await until(page, (lens) => lens.variables[0].state === "initialized");
  const looked = await run(page);
  assert.equal(looked.run.printed, "9.0");
  assert.deepEqual(looked.run.pruned, ["aside"]);
  assert.deepEqual(looked.variables, [{ name: "W", state: "initialized", value: "[[3.]]", literal: "[[3.0]]" }]);
  assert.ok(looked.run.stops.every(({ part }) => part === "feed" || part === "forward"));
  await page.getByRole("button", { name: "+ train" }).click();
  const trained = await run(page);
  assert.equal(trained.run.printed, "[9.0, None]");
  assert.deepEqual(trained.variables, [{ name: "W", state: "trained", value: "[[3.6]]", literal: "[[3.6]]" }]);
  const back = trained.run.stops.filter(({ part }) => part === "gradients").map(({ node }) => node);
  assert.deepEqual(back, ["loss", "square", "error", "MatMul"]);
  const last = trained.run.stops.at(-1);
  assert.deepEqual([last.node, last.part, last.before, last.after], ["W", "update", "[[3.]]", "[[3.6]]"]);
  // The training run is another world.
  await page.locator('#mode [data-mode="off"]').click();
  const state = await stateWith(page, ({ nodes }) => nodes[1].value);
  assert.equal(state.step, 0);
  assert.equal(state.nodes[1].value, "[[3.]]");
  assert.deepEqual(trouble(), []);
  await close();
});

test("a run can be walked, forwards and back, and values arrive on the way", async () => {
  const { page, close } = await open(adding);
  const value = async (name) => (await page.evaluate(() => window.sandflow.state)).nodes.find((node) => node.name === name).value;
  await run(page);
  await page.locator('[data-does="back"]').click();
  await verb(page, "to", { stop: 0 });
  await stateWith(page, ({ nodes }) => nodes.every((node) => !node.value));
  for (const [stop, name, shown] of [[1, "x", "11"], [2, "y", "5"], [3, "sum", "16"]]) {
    await page.locator('#lens-drive [data-does="forward"]').click();
    await until(page, (lens) => lens.at === stop);
    await page.waitForTimeout(120);
    assert.equal(await value(name), shown);
  }
  await page.locator('[data-does="back"]').click();
  await until(page, (lens) => lens.at === 2);
  await page.waitForTimeout(120);
  assert.equal(await value("sum"), "");
  await page.locator("#lens-play").click();
  await until(page, (lens) => lens.at === 3 && !lens.playing);
  await close();
});

test("by mouse: a click on a node fetches it, another click does not any more", async () => {
  const { page, close } = await open(adding);
  const y = await middleOf(page, "y");
  await page.mouse.click(y.x, y.y);
  await until(page, (lens) => lens.fetches.join() === "sum,y");
  assert.equal((await run(page)).run.printed, "[16, 5]");
  await page.waitForTimeout(500);
  const again = await middleOf(page, "y");
  await page.mouse.click(again.x, again.y);
  await until(page, (lens) => lens.fetches.join() === "sum");
  await close();
});

test("by keyboard alone: into the lens, fetch, feed, run, back and forward", async () => {
  const { page, trouble, close } = await openPage({ locale: "ko-KR" });
  await page.evaluate(() => window.sandflow.ready);
  await command(page, { do: "open", text: JSON.stringify({ sandflow: 1, ...adding }) });
  await page.keyboard.press("s");
  await until(page, (lens) => lens.on && lens.fetchable.includes("sum"));
  const tabTo = async (id) => {
    for (let i = 0; i < 60; ++i) {
      if (await page.evaluate((wanted) => document.activeElement.id === wanted, id)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`no way to #${id} by Tab`);
  };
  await tabTo("lens-fetch");
  await page.keyboard.type("x");
  await page.keyboard.press("Enter");
  await until(page, (lens) => lens.fetches.join() === "sum,x");
  await tabTo("lens-feed");
  await page.keyboard.type("sum");
  await page.keyboard.press("Enter");
  await until(page, (lens) => lens.feeds.some(({ key }) => key === "sum"));
  await page.waitForTimeout(150);
  await page.keyboard.type("100");
  await page.keyboard.press("Control+Enter");
  const lens = await until(page, (now) => now.run?.printed);
  assert.equal(lens.run.printed, "[100, 11]", "a feed replaces what would have been computed");
  assert.equal(lens.code, "sess.run([sum, x], feed_dict={x: 11, y: 5, sum: 100})");
  await tabTo("lens-play");
  await until(page, (now) => now.at === now.run.stops.length);
  await page.keyboard.press(",");
  await until(page, (now) => now.at === now.run.stops.length - 1);
  await page.keyboard.press(".");
  await until(page, (now) => now.at === now.run.stops.length);
  await command(page, { do: "select", node: "y" });
  await stateWith(page, ({ selected }) => selected.join() === "y");
  await page.keyboard.press("t");
  await until(page, (now) => now.fetches.join() === "sum,x,y");
  await page.keyboard.press("t");
  await until(page, (now) => now.fetches.join() === "sum,x");
  assert.deepEqual(trouble(), []);
  await close();
});

test("an edit of the graph makes a new session and says so; closing one ends it", async () => {
  const { page, close } = await open(slope);
  await page.locator("#lens-init").click();
  await until(page, (lens) => lens.variables[0].state === "initialized");
  await command(page, { do: "edit", edit: "set_attr", node: "x", attr: "feed", text: "[[2.0]]" });
  const fresh = await until(page, (lens) => lens.session === 2);
  assert.equal(fresh.variables[0].state, "uninitialized");
  await page.getByText(/New session: this change makes another graph/).first().waitFor();
  await page.locator("#lens-close").click();
  await until(page, (lens) => lens.closed);
  assert.equal((await run(page)).run.error, "RuntimeError: Attempted to use a closed Session.");
  await page.locator("#lens-renew").click();
  await until(page, (lens) => !lens.closed && lens.session === 3);
  await close();
});

test("a Variable is given a value by hand, in this session only; a wrong one says why", async () => {
  const { page, trouble, close } = await open(slope);
  const type = async (text) => {
    await page.getByRole("button", { name: "Change the value of W" }).click();
    await page.getByLabel("New value of W, as in Python").fill(text);
    await page.keyboard.press("Enter");
  };
  await type("[[5.0]]");
  await until(page, (lens) => lens.variables[0].state === "loaded");
  assert.equal((await run(page)).run.printed, "1.0");
  await type("[1.0, 2.0]");
  await page.getByText(/Cannot feed value of shape \(2,\)/).first().waitFor();
  const lens = await lensOf(page);
  assert.equal(lens.variables[0].value, "[[5.]]");
  assert.equal(await page.evaluate(() => window.sandflow.state.can_undo), false);
  assert.deepEqual(trouble(), []);
  await close();
});

test("opening another scene keeps the lens, with what that scene can be asked for", async () => {
  const { page, close } = await open(slope);
  await fetchOnly(page, "loss", "W/read:0");
  await command(page, { do: "open", text: JSON.stringify({ sandflow: 1, ...adding }) });
  const lens = await until(page, (now) => now.session === 2);
  assert.deepEqual(lens.fetches, ["sum"]);
  assert.deepEqual(lens.feeds.map(({ key, text }) => `${key}=${text}`), ["x=11", "y=5"]);
  assert.equal((await run(page)).run.printed, "16");
  await close();
});

test("a placeholder says what None was; with reduced motion all is there at once, and nothing moves", async () => {
  const { page, close } = await open(undefined, { reducedMotion: "reduce" });
  await page.locator("#lens-init").click();
  await until(page, (lens) => lens.runs === 1 && lens.at === lens.run.stops.length);
  const lens = await run(page);
  assert.equal(lens.at, lens.run.stops.length);
  assert.equal(lens.playing, false);
  assert.equal(lens.run.unknown.x, "None = 10");
  assert.match(await page.locator("#lens-order").textContent(), /x: None = 10/);
  await page.waitForTimeout(1200);
  const frames = () => page.evaluate(() => new Promise((done) => {
    const { worker } = window.sandflow;
    worker.addEventListener("message", function heard({ data }) {
      if (data.type !== "frames") return;
      worker.removeEventListener("message", heard);
      done(data.count);
    });
    worker.postMessage({ type: "count-frames" });
  }));
  const before = await frames();
  await page.waitForTimeout(800);
  assert.equal(await frames(), before);
  await close();
});

test("a run moves nothing: not by its values, and not by its errors", async () => {
  const nodes = [
    { name: "W", type: "Variable", inputs: [null], attrs: { shape: "(5, 5)" }, at: [0, 0] },
    { name: "y", type: "Neg", inputs: ["W"], at: [260, 0] },
  ];
  const { page, close } = await open({ nodes });
  await fetchOnly(page, "y");
  await middleOf(page, "W");
  const places = async () => {
    await middleOf(page, "W");
    const { nodes: own, boxes } = await page.evaluate(() => window.sandflow.state);
    return [...own, ...boxes].map(({ name, x, y, width, height }) => [name, x, y, width, height]);
  };
  const before = await places();
  await run(page);
  await stateWith(page, (state) => /uninitialized/.test(state.nodes[0].error));
  assert.deepEqual(await places(), before);
  await verb(page, "init");
  await until(page, (lens) => lens.variables[0].state === "initialized");
  await run(page);
  await stateWith(page, (state) => state.nodes[1].value);
  assert.deepEqual(await places(), before);
  await close();
});
