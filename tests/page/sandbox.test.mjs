// The page as its first visitors use it: train a real data set, change the graph, break it, go back - with a real mouse,
// a finger and a keyboard.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { settled } from "./hands.mjs";
import { openPage } from "./harness.mjs";

const state = (page) => page.evaluate(() => window.sandflow.state);

// Opens the page and waits until the sandbox answers.
async function open(options) {
  const opened = await openPage(options);
  await opened.page.evaluate(() => window.sandflow.ready);
  await until(opened.page, (now) => now.nodes?.length > 0);
  return opened;
}

// Waits until the sandbox's state is as wanted; gives that state.
async function until(page, wanted, what = wanted.toString()) {
  const deadline = Date.now() + 20000;
  for (;;) {
    const now = await state(page);
    if (now && wanted(now)) return now;
    assert.ok(Date.now() < deadline, `never came: ${what}\nlast state: ${JSON.stringify({ ...now, nodes: undefined })}`);
    await page.waitForTimeout(25);
  }
}

const node = (now, name) => now.nodes.find((candidate) => candidate.name === name);

// Where something of the sandbox lies on the page.
async function onPage(page, { x, y }) {
  const box = await page.locator("#canvas").boundingBox();
  return { x: box.x + x, y: box.y + y };
}

async function middleOf(page, name) {
  const { x, y, width, height } = node(await state(page), name);
  return onPage(page, { x: x + width / 2, y: y + height / 2 });
}

async function dragTo(page, from, to) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
}

const command = (page, order) => page.evaluate((sent) => window.sandflow.command(sent), order);

test("Play trains the penguins until the net knows them", async () => {
  const { page, trouble, close } = await open();
  const start = await state(page);
  assert.equal(start.step, 0);
  assert.ok(start.train_loss > 1, `an untrained loss of ${start.train_loss}`);
  await command(page, { do: "set", key: "speed", value: 0.8 });
  await page.locator("#play").click();
  const learned = await until(page, (now) => now.test_accuracy >= 0.97);
  assert.ok(learned.train_loss < start.train_loss / 4);
  assert.ok(learned.step > 0 && learned.epoch > 0 && learned.examples > 0);
  await page.locator("#play").click();
  await until(page, (now) => !now.playing);
  assert.deepEqual(trouble(), []);
  await close();
});

for (const scene of ["penguins", "spiral"]) {
  test(`${scene}: the loss curve is the one of the native run, bit for bit`, async () => {
    const { page, trouble, close } = await open({ query: `?scene=${scene}` });
    const curve = readFileSync(new URL(`../curves/${scene}.csv`, import.meta.url), "utf8");
    const rows = curve.trim().split("\n").slice(1).map((line) => line.split(","));
    for (const [step, loss, epoch, trainLoss, , testLoss] of rows.slice(0, 31)) {
      if (step !== "0") await command(page, { do: "step" });
      const now = await until(page, (latest) => latest.step === Number(step), `step ${step}`);
      if (loss !== "") assert.equal(now.batch_loss, Number(loss), `batch loss of step ${step}`);
      if (epoch === "") continue;
      assert.equal(now.epoch, Number(epoch));
      assert.equal(now.train_loss, Number(trainLoss), `training loss after epoch ${epoch}`);
      assert.equal(now.test_loss, Number(testLoss), `test loss after epoch ${epoch}`);
    }
    assert.deepEqual(trouble(), []);
    await close();
  });
}

test("one batch, one epoch, and back to the same start", async () => {
  const { page, close } = await open();
  const start = await state(page);
  await page.locator('[data-does="step"]').click();
  const one = await until(page, (now) => now.step === 1);
  assert.equal(one.examples, start.batch_size);
  await page.locator('[data-does="epoch"]').click();
  const epoch = await until(page, (now) => now.epoch === 1);
  assert.equal(epoch.step, start.batches_per_epoch);
  assert.equal(epoch.examples, start.train_examples, "the last, short batch counts as it is");
  await page.locator('#transport [data-does="reset"]').click();
  const again = await until(page, (now) => now.step === 0);
  assert.equal(again.train_loss, start.train_loss);
  await page.locator('[data-does="step"]').click();
  assert.equal((await until(page, (now) => now.step === 1)).batch_loss, one.batch_loss);
  await close();
});

test("a wire pulled off by mouse shows what is missing, and undo puts it back", async () => {
  const { page, trouble, close } = await open();
  const before = await state(page);
  const bias = node(before, "logits").inputs[1];
  const port = await onPage(page, bias);
  await dragTo(page, port, { x: port.x - 30, y: port.y - 100 });
  const broken = await until(page, (now) => node(now, "logits").error);
  assert.match(node(broken, "logits").error, /missing 1 required positional argument: 'bias'/);
  assert.equal(broken.can_train, false);
  assert.ok(node(broken, "x").value, "the rest keeps its values");
  await page.keyboard.press("Control+z");
  const healed = await until(page, (now) => !node(now, "logits").error && now.can_train);
  assert.equal(healed.train_loss, before.train_loss);
  assert.deepEqual(trouble(), []);
  await close();
});

test("a wire drawn by mouse to the wrong place speaks TensorFlow's words", async () => {
  const { page, close } = await open();
  const before = await state(page);
  const from = await onPage(page, node(before, "y").outputs[0]);
  const to = await onPage(page, node(before, "MatMul").inputs[1]);
  await dragTo(page, from, to);
  const wrong = await until(page, (now) => node(now, "MatMul").error);
  assert.match(node(wrong, "MatMul").error, /Dimensions must be equal, but are 4 and \?|with input shapes|Matrix size-incompatible/);
  await page.locator('[data-does="undo"]').click();
  await until(page, (now) => !node(now, "MatMul").error);
  await close();
});

test("a dragged node is one step of undo, a deleted one comes back with its wires", async () => {
  const { page, close } = await open();
  const before = node(await state(page), "W");
  const from = await middleOf(page, "W");
  await dragTo(page, from, { x: from.x - 40, y: from.y + 30 });
  const moved = await until(page, (now) => Math.abs(node(now, "W").x - before.x + 40) < 3);
  assert.ok(Math.abs(node(moved, "W").y - before.y - 30) < 3);
  await page.keyboard.press("Control+z");
  await until(page, (now) => Math.abs(node(now, "W").x - before.x) < 2);
  const there = await middleOf(page, "W");
  await page.mouse.click(there.x, there.y);
  await until(page, (now) => now.selected.includes("W"));
  await page.keyboard.press("Delete");
  await until(page, (now) => !node(now, "W"));
  await page.keyboard.press("Control+z");
  const back = await until(page, (now) => node(now, "W"));
  assert.equal(node(back, "MatMul").inputs[1].text, "W");
  await close();
});

test("a key right after a click is for what was clicked, however late the frame comes", async () => {
  const { page, trouble, close } = await open();
  const first = await middleOf(page, "W");
  await page.mouse.click(first.x, first.y);
  await until(page, (now) => now.selected.includes("W"));
  const second = await middleOf(page, "b");
  // All before one frame: a hand is slower, but so is a tablet.
  await page.evaluate(({ x, y }) => {
    const canvas = document.querySelector("#canvas");
    const at = { clientX: x, clientY: y, pointerId: 1, pointerType: "mouse", bubbles: true };
    for (const type of ["pointermove", "pointerdown", "pointerup"]) canvas.dispatchEvent(new PointerEvent(type, at));
    for (const type of ["keydown", "keyup"])
      canvas.dispatchEvent(new KeyboardEvent(type, { key: "Delete", code: "Delete", bubbles: true }));
  }, second);
  const after = await until(page, (now) => !node(now, "b") || !node(now, "W"));
  assert.ok(node(after, "W") && !node(after, "b"), "the node that was clicked went");
  assert.deepEqual(trouble(), []);
  await close();
});

test("a double click is two clicks on the same: not a drag and a click, nor with a node gone or a second between", async () => {
  const { page, trouble, close } = await open();
  const opens = (now) => now.spots.some((spot) => spot.id === "family all");
  const press = () => page.mouse.down().then(() => page.mouse.up());
  const at = await middleOf(page, "b");
  await page.mouse.move(at.x, at.y);
  await press();
  await until(page, (now) => now.selected.includes("b"));
  await page.keyboard.press("Delete");
  await press();
  const ground = await until(page, (now) => !node(now, "b") && now.selected.length === 0);
  assert.ok(!opens(ground), "the second was on the ground, the first on a node");
  await page.mouse.down();
  await page.mouse.move(at.x + 60, at.y, { steps: 3 });
  await page.mouse.move(at.x, at.y, { steps: 3 });
  await page.mouse.up();
  await press();
  await page.waitForTimeout(1000);
  await press();
  await page.waitForTimeout(1000);
  assert.ok(!opens(await state(page)), "the first was a drag, the last came late");
  await page.mouse.dblclick(at.x, at.y);
  await until(page, opens);
  assert.deepEqual(trouble(), []);
  await close();
});

test("by keyboard alone: a node is found by its Korean help, added, and Escape leaves the search", async () => {
  const { page, trouble, close } = await open({ locale: "ko-KR" });
  const before = (await state(page)).nodes.length;
  await page.locator("#canvas").focus();
  await page.keyboard.press("n");
  const search = page.locator("#overlay:not([hidden])");
  await search.waitFor();
  await page.keyboard.press("Escape");
  await search.waitFor({ state: "hidden" });
  await page.keyboard.press("n");
  await search.waitFor();
  await page.keyboard.insertText("행렬");
  await page.waitForTimeout(300);
  await page.keyboard.press("Enter");
  const added = await until(page, (now) => now.nodes.length === before + 1);
  assert.equal(added.nodes.at(-1).type, "MatMul");
  assert.match(added.nodes.at(-1).error, /missing 2 required positional arguments: 'a' and 'b'/);
  const apart = (a, b) => a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  assert.ok(added.nodes.slice(0, -1).every((other) => apart(other, added.nodes.at(-1))), "it lies on no other node");
  await page.keyboard.press("Control+z");
  await until(page, (now) => now.nodes.length === before);
  assert.deepEqual(trouble(), []);
  await close();
});

test("settings: live where TensorFlow allows it, from the start where not", async () => {
  const { page, trouble, close } = await open();
  await page.locator('[data-does="epoch"]').click();
  const trained = await until(page, (now) => now.epoch === 1);
  const rate = page.getByRole("spinbutton", { name: "Learning rate" }).or(page.getByLabel("Learning rate")).first();
  await rate.fill("0.02");
  await rate.press("Enter");
  const slower = await until(page, (now) => now.optimizer.parameters.learning_rate === 0.02);
  assert.equal(slower.step, trained.step, "a learning rate changes a run, it does not end it");
  const optimizer = page.getByLabel("Optimizer").first();
  await optimizer.selectOption("GradientDescent");
  const other = await until(page, (now) => now.optimizer.name === "GradientDescent");
  assert.equal(other.step, 0, "another optimizer is another graph");
  await rate.fill("fast");
  await rate.press("Enter");
  assert.equal(await rate.getAttribute("aria-invalid"), "true");
  assert.equal((await state(page)).optimizer.name, "GradientDescent");
  assert.deepEqual(trouble(), []);
  await close();
});

// Nothing holds a squared loss back: its gradient grows with the weights.
const runaway = {
  sandflow: 1,
  data: { name: "circle" },
  training: { loss: "loss", optimizer: { name: "GradientDescent", learning_rate: 1000 }, batch_size: 10, seed: 1 },
  nodes: [
    { name: "x", type: "Placeholder", attrs: { shape: "(None, 2)", feed: "features" }, at: [0, 0] },
    { name: "W", type: "Variable", inputs: [null], attrs: { shape: "(2, 1)" }, at: [0, 160] },
    { name: "MatMul", type: "MatMul", inputs: ["x", "W"], at: [290, 0] },
    { name: "square", type: "Square", inputs: ["MatMul"], at: [510, 0] },
    { name: "loss", type: "Mean", inputs: ["square", { value: "[0, 1]" }], at: [730, 0] },
  ],
};

test("a learning rate of 1000 stops by itself, says where, and reset works", async () => {
  const { page, close } = await open();
  await command(page, { do: "open", text: JSON.stringify(runaway) });
  const start = await until(page, (now) => now.nodes.length === 5);
  await page.locator("#play").click();
  const stopped = await until(page, (now) => now.diverged);
  assert.match(stopped.diverged.node, /^(W\/read|MatMul|square|loss)$/);
  assert.equal(stopped.playing, false);
  await page.locator("#banner:not([hidden])").getByText(stopped.diverged.node).waitFor();
  await page.locator("#banner").getByRole("button", { name: "Reset" }).click();
  const again = await until(page, (now) => now.step === 0 && !now.diverged);
  assert.equal(again.train_loss, start.train_loss);
  assert.equal(await page.locator("#banner").isHidden(), true);
  await close();
});

test("it survives resizing and the loss of its WebGL context", async () => {
  const { page, trouble, close } = await open();
  await page.setViewportSize({ width: 900, height: 1100 });
  await page.setViewportSize({ width: 1280, height: 800 });
  const picture = async () => (await page.locator("#canvas").screenshot()).length;
  await page.waitForTimeout(600);
  const before = await picture();
  // What was drawn stays as it is until there is more of it; here there is none, as for a page out of sight.
  const visible = (value) => page.evaluate((sent) => window.sandflow.worker.postMessage({ type: "visible", value: sent }), value);
  const corner = () => page.screenshot({ clip: { x: 0, y: 150, width: 600, height: 300 } });
  const drawn = await corner();
  await visible(false);
  await page.setViewportSize({ width: 1280, height: 1000 });
  assert.ok(drawn.equals(await corner()), "it is not stretched");
  await visible(true);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.waitForTimeout(300);
  await page.evaluate(() => window.sandflow.worker.postMessage({ type: "lose-context" }));
  await page.waitForTimeout(800);
  const after = await picture();
  assert.ok(after > before * 0.8, `the picture came back: ${before} bytes before, ${after} after`);
  await page.locator('[data-does="step"]').click();
  await until(page, (now) => now.step === 1);
  // Chromium itself says that a context was lost.
  assert.deepEqual(trouble().filter((line) => !/CONTEXT_LOST|context lost/i.test(line)), []);
  await close();
});

test("a broken file is refused with its place, and nothing is lost", async () => {
  const { page, close } = await open();
  const before = await state(page);
  await page.setInputFiles("#file", { name: "cut.json", mimeType: "application/json", buffer: Buffer.from('{"sandflow": 1,\n "nodes": [') });
  await page.getByText(/line 2/).first().waitFor();
  const newer = JSON.stringify({ sandflow: 99, nodes: [] });
  await page.setInputFiles("#file", { name: "newer.json", mimeType: "application/json", buffer: Buffer.from(newer) });
  await page.getByText(/newer Sandflow/).first().waitFor();
  assert.equal((await state(page)).nodes.length, before.nodes.length);
  await close();
});

test("nothing is drawn when nothing changes", async () => {
  const { page, close } = await open();
  await page.waitForTimeout(1500);
  const frames = () => page.evaluate(() => new Promise((done) => {
    const { worker } = window.sandflow;
    worker.addEventListener("message", function heard({ data }) {
      if (data.type !== "frames") return;
      worker.removeEventListener("message", heard);
      done(data.count);
    });
    worker.postMessage({ type: "count-frames" });
  }));
  const first = await frames();
  await page.waitForTimeout(1000);
  assert.equal(await frames(), first);
  await close();
});

test("every text of the interface, and every help sentence of the engine, is there in both languages", async () => {
  const { page, close } = await open();
  const texts = (language) => JSON.parse(readFileSync(new URL(`../../web/languages/${language}.json`, import.meta.url), "utf8"));
  const [en, ko] = [texts("en"), texts("ko")];
  const catalog = await page.evaluate(() => window.sandflow.catalog);
  const entries = ["optimizers", "initializers", "datasets", "schedules", "clippings", "layers", "node_types"].flatMap((list) => catalog[list]);
  const help = entries.flatMap((entry) => [entry.help, ...(entry.parameters ?? []).map((parameter) => parameter.help)]);
  assert.deepEqual(Object.keys(en).filter((key) => !ko[key]), []);
  assert.deepEqual([...new Set(help)].filter((sentence) => !ko[`help.${sentence}`]), []);
  // English help stands in the engine; a translation without its sentence has been forgotten here.
  const forgotten = Object.keys(ko).filter((key) => !en[key] && !help.includes(key.replace(/^help\./, "")));
  assert.deepEqual(forgotten, []);
  await close();
});

test("on a phone, in Korean, by touch: one pane at a time, and training", async () => {
  const { page, trouble, close } = await open({ width: 390, height: 844, hasTouch: true, locale: "ko-KR", deviceScaleFactor: 2 });
  assert.equal(await page.getAttribute("html", "lang"), "ko");
  await page.getByRole("tab", { name: "보기" }).tap();
  assert.equal(await page.getByRole("tab", { name: "보기" }).getAttribute("aria-selected"), "true");
  await page.locator("#play").tap();
  const trained = await until(page, (now) => now.epoch >= 1);
  assert.ok(trained.step > 0);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, "no sideways scroll");
  await page.locator("#play").tap();
  // A finger that scrolls opens no section, though it began on a heading; a tap does.
  const places = (now) => Object.fromEntries(now.spots.map(({ id, y }) => [id, y]));
  const before = places(await until(page, (now) => !now.playing && now.spots.some(({ id }) => id === "data")));
  const heading = await onPage(page, { x: 100, y: before.data });
  const finger = await page.context().newCDPSession(page);
  const touch = (type, y) => finger.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x: heading.x, y }] });
  await touch("touchStart", heading.y);
  for (let by = 10; by <= 90; by += 10) {
    await touch("touchMove", heading.y - by);
    await page.waitForTimeout(30);
  }
  await touch("touchEnd");
  await until(page, (now) => places(now).data < before.data - 50);
  await settled(page); // What is told while the page still moves is not where a tap will find it.
  const scrolled = places(await state(page));
  const apart = before.gradients - before.data;
  assert.ok(Math.abs(scrolled.gradients - scrolled.data - apart) < 2, "the section is as it was");
  const there = await onPage(page, { x: 100, y: scrolled.data });
  await page.touchscreen.tap(there.x, there.y);
  await until(page, (now) => places(now).gradients - places(now).data > apart + 20);
  assert.deepEqual(trouble(), []);
  await close();
});
