// Guards the graph editor: the post's programs built from an empty canvas by mouse alone and by keyboard alone, and
// what hands expect of an editor besides.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { addFrom, command, dragTo, keyboard, middle, mouse, node, onPage, open, rest, settled, state, until } from "./hands.mjs";

// Each builds one program and gives the node whose value the post prints, and that value.
const programs = {
  constant: async (page, hands) => {
    const hello = await hands.add(page, "Const", { x: 300, y: 200 });
    await hands.set(page, hello, "value", "'Hello world!'");
    return { [hello]: "b'Hello world!'" };
  },
  arithmetic: async (page, hands) => {
    const a = await hands.add(page, "Const", { x: 120, y: 150 });
    await hands.set(page, a, "value", "11");
    const b = await hands.add(page, "Const", { x: 120, y: 350 });
    await hands.set(page, b, "value", "5");
    const results = {};
    for (const [type, value, y] of [["AddV2", "16", 120], ["Sub", "6", 260], ["Mul", "55", 400], ["RealDiv", "2.2", 540]]) {
      const made = await hands.add(page, type, { x: 500, y });
      await hands.wire(page, a, made, 0);
      await hands.wire(page, b, made, 1);
      results[made] = value;
    }
    return results;
  },
  placeholder: async (page, hands) => {
    const fed = [];
    for (const [feed, y] of [["11", 150], ["5", 350]]) {
      const made = await hands.add(page, "Placeholder", { x: 120, y });
      await hands.set(page, made, "dtype", "int32");
      await hands.set(page, made, "shape", "(None)");
      await hands.set(page, made, "feed", feed);
      fed.push(made);
    }
    const sum = await hands.add(page, "AddV2", { x: 500, y: 200 });
    await hands.wire(page, fed[0], sum, 0);
    await hands.wire(page, fed[1], sum, 1);
    return { [sum]: "16" };
  },
  variable: async (page, hands) => {
    const made = await hands.add(page, "Variable", { x: 300, y: 200 });
    await hands.type(page, made, 0, "5");
    await hands.rename(page, made, "x");
    return { x: "5" };
  },
  truncated_normal: async (page, hands) => {
    const normal = await hands.add(page, "TruncatedNormal", { x: 250, y: 150 });
    await hands.type(page, normal, 0, "(5, 5)");
    const small = await hands.add(page, "Mul", { x: 450, y: 150 });
    await hands.wire(page, normal, small, 0);
    await hands.type(page, small, 1, "0.1");
    const weights = await hands.add(page, "Variable", { x: 600, y: 350 });
    await hands.wire(page, small, weights, 0);
    return { [weights]: /^\[\[ ?-?0\.[\s\S]*\]\]?/ };
  },
  zeros: async (page, hands) => {
    const bias = await hands.add(page, "Variable", { x: 300, y: 200 });
    await hands.set(page, bias, "shape", "(6,)");
    await hands.set(page, bias, "initializer", "zeros");
    return { [bias]: "[0. 0. 0. 0. 0. 0.]" };
  },
  softmax: async (page, hands) => {
    const logits = await hands.add(page, "Const", { x: 150, y: 200 });
    await hands.set(page, logits, "value", "[2.0, 1.0, 0.1]");
    const softmax = await hands.add(page, "Softmax", { x: 450, y: 200 });
    await hands.wire(page, logits, softmax, 0);
    return { [softmax]: "[0.6590012  0.24243298 0.09856589]" };
  },
  "cross-entropy": async (page, hands) => {
    const logits = await hands.add(page, "Const", { x: 150, y: 150 });
    await hands.set(page, logits, "value", "[[2.0, 1.0, 0.1]]");
    const known = await hands.add(page, "Const", { x: 150, y: 350 });
    await hands.set(page, known, "value", "[[1.0, 0.0, 0.0]]");
    const entropy = await hands.add(page, "SoftmaxCrossEntropyWithLogits", { x: 400, y: 200 });
    await hands.wire(page, logits, entropy, 0);
    await hands.wire(page, known, entropy, 1);
    const loss = await hands.add(page, "Mean", { x: 650, y: 400 });
    await hands.wire(page, entropy, loss, 0);
    await hands.type(page, loss, 1, "[0]");
    return { [loss]: /^0\.4170/ };
  },
};

// Keys ask for no room: a small page, as pixels cost most of the time.
const small = { width: 800, height: 600 };

for (const [way, hands] of Object.entries({ mouse, keyboard }))
  for (const [name, build] of Object.entries(programs))
    test(`the post's ${name}, built from nothing by ${way} alone, shows what the post prints`, async () => {
      const { page, trouble, close } = await open(way === "keyboard" ? small : {});
      const results = await build(page, hands);
      for (const [made, value] of Object.entries(results)) {
        const fits = (shown) => (value instanceof RegExp ? value.test(shown) : shown === value);
        await until(page, (now) => fits(node(now, made).value), `${made}: ${value}`);
      }
      assert.deepEqual(trouble(), []);
      await close();
    });

const apart = (a, b) => a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
const box = (now, name) => now.boxes?.find((each) => each.name === name);

test("a 2-4-1 classifier with its loss, built from an empty canvas, trains", async () => {
  const { page, trouble, close } = await open();
  const add = (type, x, y) => mouse.add(page, type, { x, y });
  const from = (name, type, x, y) => addFrom(page, name, type, { x, y });
  await page.locator("#settings-button").click();
  await page.locator("#settings").getByLabel("Data", { exact: true }).selectOption("circle");
  await page.keyboard.press("Escape");
  const x = await add("Placeholder", 40, 150);
  await mouse.set(page, x, "shape", "(None, 2)");
  await mouse.set(page, x, "feed", "features");
  const variable = async (shape, px, py) => {
    const made = await add("Variable", px, py);
    await mouse.set(page, made, "shape", shape);
    return made;
  };
  const kernel = await variable("(2, 4)", 40, 350);
  const product = await from(x, "MatMul", 260, 160);
  await mouse.wire(page, kernel, product, 1);
  const bias = await variable("(4,)", 260, 420);
  const sum = await from(product, "BiasAdd", 500, 160);
  await mouse.wire(page, bias, sum, 1);
  const hidden = await from(sum, "Tanh", 700, 160);
  await press(page, "f");
  const kernel2 = await variable("(4, 1)", 560, 560);
  await press(page, "f");
  await rest(page, hidden);
  const product2 = await from(hidden, "MatMul", 700, 330);
  await mouse.wire(page, kernel2, product2, 1);
  await press(page, "l");
  await rest(page, hidden);
  const guess = await from(product2, "Sigmoid", 860, 560);
  await press(page, "l");
  await rest(page, guess);
  const y = await add("Placeholder", 60, 600);
  await mouse.set(page, y, "shape", "(None, 2)");
  await mouse.set(page, y, "feed", "labels");
  const known = await from(y, "MatMul", 300, 620);
  await mouse.type(page, known, 1, "[[0.0], [1.0]]");
  const error = await from(guess, "SquaredDifference", 860, 600);
  await mouse.wire(page, known, error, 1);
  await press(page, "l");
  await rest(page, error);
  const loss = await from(error, "Mean", 860, 620);
  await mouse.type(page, loss, 1, "[0, 1]");
  await mouse.choose(page, loss, "loss");
  const start = await until(page, (now) => now.can_train && now.train_loss > 0);
  await command(page, { do: "set", key: "speed", value: 0.9 });
  await page.locator("#play").click();
  await until(page, (now) => now.train_loss < start.train_loss * 0.4, "it learns");
  await page.locator("#play").click();
  await until(page, (now) => !now.playing);
  assert.deepEqual(trouble(), []);
  await close();
});

test("the same classifier is built by keyboard alone", async () => {
  const { page, trouble, close } = await open(small);
  const { add, set, wire, type, choose } = keyboard;
  await page.locator("#settings-button").focus();
  await press(page, "Enter");
  await page.locator("#settings").getByLabel("Data", { exact: true }).focus();
  await page.keyboard.type("circle");
  await press(page, "Escape");
  const made = async (kind, attrs = {}) => {
    const name = await add(page, kind);
    for (const [attr, text] of Object.entries(attrs)) await set(page, name, attr, text);
    return name;
  };
  const joined = async (kind, ...inputs) => {
    const name = await made(kind);
    for (const [i, input] of inputs.entries()) await wire(page, input, name, i);
    return name;
  };
  const x = await made("Placeholder", { shape: "(None, 2)", feed: "features" });
  const product = await joined("MatMul", x, await made("Variable", { shape: "(2, 4)" }));
  const hidden = await joined("Tanh", await joined("BiasAdd", product, await made("Variable", { shape: "(4,)" })));
  const guess = await joined("Sigmoid", await joined("MatMul", hidden, await made("Variable", { shape: "(4, 1)" })));
  const known = await joined("MatMul", await made("Placeholder", { shape: "(None, 2)", feed: "labels" }));
  await type(page, known, 1, "[[0.0], [1.0]]");
  const loss = await joined("Mean", await joined("SquaredDifference", guess, known));
  await type(page, loss, 1, "[0, 1]");
  await choose(page, loss, "loss");
  const start = await until(page, (now) => now.can_train && now.train_loss > 0);
  await command(page, { do: "set", key: "speed", value: 0.9 });
  await press(page, " ");
  await until(page, (now) => now.train_loss < start.train_loss * 0.5, "it learns");
  await press(page, " ");
  await until(page, (now) => !now.playing);
  assert.deepEqual(trouble(), []);
  await close();
});

test("a wire says in TensorFlow's words why it cannot be, before it is dropped and when it is, and connects nothing", async () => {
  const { page, close } = await open({ scene: "penguins" });
  const before = await state(page);
  const from = await onPage(page, node(before, "b").outputs[0]);
  const to = await onPage(page, node(before, "MatMul").inputs[1]);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x - 40, to.y + 40, { steps: 3 });
  await page.mouse.move(to.x, to.y, { steps: 3 });
  await until(page, (now) => /Shape must be rank 2 but is rank 1/.test(now.wire?.refused));
  assert.equal(node(await state(page), "MatMul").error, null, "nothing has happened yet");
  await page.mouse.up();
  await page.getByText(/Shape must be rank 2 but is rank 1/).first().waitFor();
  await until(page, (now) => !now.wire);
  assert.equal(node(await state(page), "MatMul").inputs[1].text, "W", "what is refused is not connected");
  await dragTo(page, await onPage(page, node(before, "b").outputs[0]), await onPage(page, middle(node(before, "answer"))));
  await page.getByText(/Every input of answer is taken/).first().waitFor();
  await dragTo(page, await onPage(page, node(before, "loss").outputs[0]), await onPage(page, node(before, "MatMul").inputs[0]));
  await page.getByText(/The graph has a cycle/).first().waitFor();
  assert.equal(node(await state(page), "MatMul").inputs[0].text, "x");
  assert.equal((await state(page)).can_undo, false);
  await close();
});

test("from tap to tap a wire is drawn and several nodes are selected, and a long press opens the menu", async () => {
  const { page, close } = await open({ scene: "penguins", width: 820, height: 1180, hasTouch: true });
  // Held upright: the whole graph above, the views in columns below it.
  const upright = await until(page, (now) => now.spots.some(({ id }) => id === "output"));
  const views = upright.spots.find(({ id }) => id === "output");
  assert.ok(upright.nodes.every((each) => each.x >= 0 && each.x + each.width <= 820 && each.y + each.height < views.y));
  await page.locator("#canvas").tap({ position: { x: 300, y: 40 } });
  const tap = async (at) => {
    const on = await onPage(page, at);
    await page.touchscreen.tap(on.x, on.y);
  };
  await rest(page, "softmax");
  const now = await state(page);
  await tap(node(now, "softmax").outputs[0]);
  await until(page, (later) => later.wire?.source === "softmax");
  await tap(node(now, "answer").inputs[0]);
  await until(page, (later) => node(later, "answer").inputs[0].text === "softmax");
  const at = await onPage(page, middle(node(await state(page), "softmax")));
  const session = await page.context().newCDPSession(page);
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  await until(page, (later) => later.menu.some((entry) => entry.id === "duplicate"));
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  const entry = (id, from) => from.menu.find((each) => each.id === id);
  await tap(entry("duplicate", await state(page)));
  await until(page, (later) => node(later, "softmax_1"));
  // Several, from tap to tap.
  const copy = await onPage(page, middle(await rest(page, "softmax_1")));
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [copy] });
  const offered = await until(page, (later) => entry("several", later));
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await tap(entry("several", offered));
  for (const [name, selected] of [["W", "W,softmax_1"], ["b", "W,b,softmax_1"], ["W", "b,softmax_1"]]) {
    await tap(middle(node(await state(page), name)));
    await until(page, (later) => [...later.selected].sort().join() === selected, selected);
  }
  await tap((await until(page, (later) => later.spots.some(({ id }) => id === "several-done"))).spots.find(({ id }) => id === "several-done"));
  await until(page, (later) => !later.spots.some(({ id }) => id === "several-done"));
  await tap(middle(node(await state(page), "W")));
  await until(page, (later) => later.selected.join() === "W", "a tap selects one again");
  await close();
});

test("copy, paste, duplicate, cut, select all and undo", async () => {
  const { page, trouble, close } = await open({ scene: "penguins" });
  await page.locator("#canvas").focus();
  await keyboard.select(page, "W");
  await page.keyboard.press("Control+c");
  await page.waitForTimeout(400);
  await page.keyboard.press("Control+v");
  const pasted = await until(page, (now) => node(now, "W_1"));
  assert.deepEqual(pasted.selected, ["W_1"]);
  assert.ok(apart(node(pasted, "W_1"), node(pasted, "W")));
  await press(page, "Control+d");
  await until(page, (now) => node(now, "W_1_1"));
  await press(page, "Control+x");
  await until(page, (now) => !node(now, "W_1_1"));
  await press(page, "Control+a");
  const all = await until(page, (now) => now.selected.length === now.nodes.length);
  await press(page, "Delete");
  await until(page, (now) => now.nodes.length === 0);
  await press(page, "Control+z", "Control+z", "Control+z", "Control+z");
  const back = await until(page, (now) => now.nodes.length === all.nodes.length - 1 && !now.can_undo);
  assert.equal(node(back, "MatMul").inputs[1].text, "W");
  assert.deepEqual(trouble(), []);
  await close();
});

test("nodes are grouped into a scope, which folds to a box with its free ports and opens again", async () => {
  const { page, trouble, close } = await open({ scene: "penguins" });
  await page.locator("#canvas").focus();
  for (const name of ["W", "b", "MatMul", "logits"]) {
    const at = await onPage(page, middle(await rest(page, name)));
    await page.keyboard.down("Shift");
    await page.mouse.click(at.x, at.y + 12);
    await page.keyboard.up("Shift");
    await until(page, (now) => now.selected.includes(name));
  }
  await press(page, "Control+g");
  await until(page, (now) => node(now, "scope/W") && box(now, "scope")?.kind === "frame");
  await press(page, "e");
  const folded = await until(page, (now) => box(now, "scope")?.kind === "scope");
  assert.deepEqual(box(folded, "scope").inputs.map((port) => port.text), ["x"]);
  assert.equal(box(folded, "scope").outputs.length, 1);
  assert.equal(node(folded, "scope/W").hidden, true);
  const where = box(folded, "scope");
  const at = await onPage(page, middle(where));
  await dragTo(page, at, { x: at.x + 20, y: at.y + 90 });
  await until(page, (now) => Math.abs(box(now, "scope").y - where.y - 90) < 4);
  await press(page, "F2");
  await page.locator("#overlay:not([hidden])").waitFor();
  await page.keyboard.insertText("dense");
  await press(page, "Enter");
  await until(page, (now) => box(now, "dense")?.kind === "scope" && now.can_train);
  await press(page, "Enter");
  await until(page, (now) => box(now, "dense")?.kind === "frame");
  await press(page, "Control+Shift+g");
  await until(page, (now) => node(now, "W") && !box(now, "dense"));
  await press(page, ...Array(6).fill("Control+z"));
  await until(page, (now) => !now.can_undo && node(now, "W"));
  assert.deepEqual(trouble(), []);
  await close();
});

test("a folded scope's box lies on no other node, and is moved as it stands", async () => {
  const { page, close } = await open();
  const nodes = [
    { name: "x", type: "Const", at: [0, 0] },
    { name: "s/a", type: "Neg", inputs: ["x"], at: [230, 0] },
    { name: "s/b", type: "Neg", inputs: ["s/a"], at: [0, 200] },
    { name: "y", type: "Neg", inputs: ["s/b"], at: [230, 200] },
  ];
  await command(page, { do: "open", text: JSON.stringify({ sandflow: 1, nodes, folded: ["s"] }) });
  await until(page, (now) => box(now, "s")?.kind === "scope");
  const free = (now) => ["x", "y"].every((name) => apart(node(now, name), box(now, "s")));
  await rest(page, "x");
  const start = await state(page);
  assert.ok(free(start), "it lies on another node");
  const at = await onPage(page, middle(box(start, "s")));
  await dragTo(page, at, { x: at.x - 30, y: at.y + 120 });
  await until(page, (now) => Math.abs(box(now, "s").y - box(start, "s").y - 120) < 3 && Math.abs(box(now, "s").x - box(start, "s").x + 30) < 3);
  await page.locator("#canvas").focus();
  await press(page, "l");
  await until(page, (now) => now.can_undo);
  await rest(page, "x");
  assert.ok(free(await state(page)), "arranged, it lies on another node");
  await close();
});

test("the palette is narrowed to a family by its name, and nodes are told apart from mistakes", async () => {
  const { page, close } = await open();
  await page.locator("#canvas").focus();
  await press(page, "n");
  const { spots } = await until(page, (now) => now.spots.some(({ id }) => id === "family linear"));
  const at = await onPage(page, spots.find(({ id }) => id === "family linear"));
  await page.mouse.click(at.x, at.y);
  await page.waitForFunction(() => document.activeElement.id === "overlay");
  await until(page, (now) => now.spots.some(({ id }) => id === "marked MatMul"));
  await press(page, "Enter");
  const added = await until(page, (now) => now.nodes.length === 1);
  assert.equal(added.nodes[0].type, "MatMul");
  assert.match(added.nodes[0].error, /missing 2 required positional arguments: 'a' and 'b'/);
  assert.equal(added.nodes[0].unfinished, true);
  await keyboard.type(page, "MatMul", 0, "[1.0]");
  const half = await until(page, (now) => /missing 1 required/.test(now.nodes[0].error));
  assert.equal(half.nodes[0].unfinished, true);
  await keyboard.type(page, "MatMul", 1, "[2.0]");
  await until(page, (now) => /must be rank 2/.test(now.nodes[0].error) && !now.nodes[0].unfinished, "a mistake");
  await close();
});

test("a heat map tells the number under the hand, and what keys select can be several", async () => {
  const { page, close } = await open();
  const nodes = [
    { name: "a", type: "Const", attrs: { value: "[[1.0, 2.0], [3.0, -4.0]]" }, at: [0, 0] },
    { name: "b", type: "Const", at: [0, 200] },
  ];
  await command(page, { do: "open", text: JSON.stringify({ sandflow: 1, nodes }) });
  await until(page, (now) => now.nodes.length === 2);
  await page.locator("#canvas").focus();
  await keyboard.select(page, "a");
  const spot = async (id) => onPage(page, (await until(page, (now) => now.spots.some((each) => each.id === id), id)).spots.find((each) => each.id === id));
  const heat = await spot("tensor.heat");
  await page.mouse.click(heat.x, heat.y);
  const cells = await spot("tensor-cells0");
  await page.mouse.move(cells.x + 4, cells.y + 4);
  await until(page, (now) => now.hovered_value === "[1, 1]  -4");
  await page.mouse.move(cells.x - 4, cells.y - 4);
  await until(page, (now) => now.hovered_value === "[0, 0]  1");
  await page.locator("#canvas").focus();
  await press(page, "}");
  await until(page, (now) => now.selected.length === 2);
  await close();
});

test("on a phone the graph begins large enough to read, between the bars", async () => {
  const { page, close } = await open({ scene: "penguins", width: 390, height: 844, hasTouch: true });
  const x = await rest(page, "x");
  const now = await state(page);
  const { height } = await page.locator("#canvas").boundingBox();
  assert.ok(now.zoom >= 0.6, `${now.zoom}`);
  assert.ok(x.x >= 0 && x.y >= 56, `${x.x}, ${x.y}`);
  for (const { name, y, height: high } of now.nodes) assert.ok(y + high <= height - 56, `${name} is under the bar`);
  await close();
});

test("a layer from the palette is a folded scope that takes the wire it was asked for by", async () => {
  const { page, close } = await open({ scene: "penguins" });
  const now = await state(page);
  await dragTo(page, await onPage(page, node(now, "x").outputs[0]), await onPage(page, { x: 420, y: 620 }));
  await page.locator("#overlay:not([hidden])").waitFor();
  await page.keyboard.insertText("dense");
  await page.waitForTimeout(300);
  await press(page, "Enter");
  const added = await until(page, (later) => box(later, "dense")?.kind === "scope");
  assert.equal(box(added, "dense").inputs[0].text, "x");
  await until(page, (later) => node(later, "dense/Relu").shape === "(10, 8)");
  await close();
});

test("gradients and optimizer are folded scopes at first, and open to a graph with values and slots", async () => {
  const { page, trouble, close } = await open({ scene: "penguins" });
  await command(page, { do: "step" });
  const start = await until(page, (now) => now.step === 1 && box(now, "gradients/") && box(now, "Momentum/"));
  assert.equal(box(start, "gradients/").kind, "derived-scope");
  for (const name of ["gradients/", "Momentum/"]) {
    await rest(page, "W");
    const at = await onPage(page, middle(box(await state(page), name)));
    await page.mouse.dblclick(at.x, at.y);
    await until(page, (now) => box(now, name)?.kind === "frame");
  }
  const opened = await until(page, (now) => box(now, "W/Momentum")?.has_value);
  assert.equal(box(opened, "gradients/MatMul_grad/").kind, "derived-scope");
  assert.ok(box(opened, "Momentum/update_W/ApplyMomentum"));
  assert.ok(box(opened, "gradients/grad_ys_0").has_value);
  const slot = await onPage(page, middle(box(opened, "W/Momentum")));
  await page.mouse.click(slot.x, slot.y);
  await until(page, (now) => now.spots.some(({ id }) => id === "tensor.heat"), "the inspector shows the slot's value");
  const derived = opened.boxes.filter((each) => each.kind.startsWith("derived"));
  for (const a of derived) for (const b of [...derived, ...opened.nodes]) assert.ok(a === b || apart(a, b), `${a.name} lies on ${b.name}`);
  assert.deepEqual(trouble(), []);
  await close();
});

test("the picture is saved as SVG and as PNG", async () => {
  const { page, trouble, close } = await open({ scene: "penguins" });
  for (const [label, kind] of [["Save the picture as SVG", "svg"], ["Save the picture as PNG", "png"]]) {
    await page.locator("#scene").click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: label }).click()]);
    assert.equal(file.suggestedFilename(), `penguins.${kind}`);
    const bytes = readFileSync(await file.path());
    if (kind === "svg") assert.match(bytes.toString(), /^<svg [\s\S]*cross_entropy[\s\S]*<\/svg>\s*$/);
    else assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  }
  assert.deepEqual(trouble(), []);
  await close();
});

test("of a thousand nodes only those in sight are drawn, and arranging leaves none on another", async () => {
  const { page, close } = await open();
  // Fifty chains of twenty, each node with the one before and the one above it.
  const nodes = [];
  for (let i = 0; i < 50; i++)
    for (let k = 0; k < 20; k++)
      nodes.push({
        name: `n${i}_${k}`,
        ...(k === 0 ? { type: "Const", attrs: { value: `${i}.0` } } : { type: "AddV2", inputs: [`n${i}_${k - 1}`, `n${Math.max(0, i - 1)}_${k - 1}`] }),
        at: [k * 260, i * 150],
      });
  await command(page, { do: "open", text: JSON.stringify({ sandflow: 1, nodes }) });
  await until(page, (now) => now.nodes.length === 1000);
  await page.locator("#canvas").focus();
  await press(page, "f");
  await until(page, (now) => now.drawn === 1000, "all of them from far");
  const at = await onPage(page, { x: 300, y: 300 });
  await page.mouse.move(at.x, at.y);
  for (let i = 0; i < 8; i++) await page.mouse.wheel(0, -300);
  await until(page, (now) => now.zoom > 0.6);
  await settled(page); // Until then some turns of the wheel are still to come.
  const near = await state(page);
  assert.ok(near.drawn < 60, `${near.drawn} drawn at ${near.zoom}`);
  const costs = [];
  await page.mouse.down();
  for (let i = 0; i < 30; i++) {
    await page.mouse.move(at.x - i * 9, at.y - i * 4);
    await page.waitForTimeout(60);
    const now = await state(page);
    costs.push(now.frame_ms);
    assert.ok(now.drawn < 60, `${now.drawn} drawn while panning`);
  }
  await page.mouse.up();
  costs.sort((a, b) => a - b);
  console.log(`a frame of 1,000 nodes while panning: median ${costs[15]} ms, worst ${costs.at(-1)} ms`);
  await press(page, "l");
  const arranged = await until(page, (now) => now.can_undo && now.drawn === 1000, "arranged");
  // In rows from above, so that not every two have to be compared.
  const sorted = [...arranged.nodes].sort((a, b) => a.y - b.y);
  sorted.forEach((a, i) => {
    for (let k = i + 1; k < sorted.length && sorted[k].y < a.y + a.height; k++) assert.ok(apart(a, sorted[k]), `${a.name} lies on ${sorted[k].name}`);
  });
  await close();
});
