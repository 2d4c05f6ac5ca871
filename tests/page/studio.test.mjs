// The training studio: gradients of every layer and what they start from, own points and tables, handwritten digits, a run
// that breaks and is healed, the time machine and the drawer of runs - by mouse and by finger.
import assert from "node:assert/strict";
import { test } from "node:test";
import { command, dragTo, open, onPage, settled, state, until } from "./hands.mjs";

// Where something of the views stands on the page; what lies below is scrolled to.
async function spot(page, id) {
  const find = (now) => now.spots?.find((each) => each.id === id);
  // What was pressed before may have moved it.
  const rest = async () => {
    for (let before; ; ) {
      await settled(page);
      const here = find(await until(page, find, `spot ${id}`));
      if (before?.x === here.x && before.y === here.y) return here;
      before = here;
    }
  };
  for (let tries = 0; ; tries++) {
    const at = await onPage(page, await rest());
    const box = await page.locator("#canvas").boundingBox();
    if (at.y > box.y + 10 && at.y < box.y + box.height - 40) return at;
    assert.ok(tries < 20, `${id} cannot be scrolled to`);
    await page.mouse.move(box.x + box.width - 150, box.y + 20);
    await page.mouse.wheel(0, at.y > box.y + 10 ? 300 : -300);
  }
}

async function press(page, id) {
  const at = await spot(page, id);
  await page.mouse.click(at.x, at.y);
}

test("ten sigmoid layers: one click flicks through the initializers, and each leaves other orders of magnitude", async () => {
  const { page, trouble, close } = await open({ scene: "vanishing" });
  const ratio = ({ layers }) => layers[0].gradient_norm / layers[9].gradient_norm;
  const start = await until(page, (now) => now.layers?.length === 11);
  assert.ok(ratio(start) > 1e-6);
  await press(page, "start-0.01");
  const vanished = await until(page, (now) => now.layers?.length === 11 && now.initializer.parameters.stddev === 0.01 && now.layers[0].gradient_norm < 1e-15);
  assert.ok(ratio(vanished) < 1e-14);
  await press(page, "start-glorot");
  await until(page, (now) => now.initializer.name === "glorot_uniform" && now.layers[0].gradient_norm > 1e-10);
  await press(page, "start-zeros");
  await until(page, (now) => now.layers.length === 11 && now.layers[4].twins[0] === 16, "sixteen units alike");
  await page.locator("[data-does=undo]").click();
  await until(page, (now) => now.initializer.name === "glorot_uniform" && now.layers[4].twins.length === 0);
  assert.deepEqual(trouble(), []);
  await close();
});

test("points are painted, classes added and points rubbed out, each stroke one step of undo", async () => {
  const { page, trouble, close } = await open({ scene: "spiral" });
  const before = await state(page);
  const all = ({ train_examples, test_examples }) => train_examples + test_examples;
  await press(page, "brush-0");
  const plot = await spot(page, "plot");
  await dragTo(page, { x: plot.x - 60, y: plot.y - 60 }, { x: plot.x + 60, y: plot.y - 60 });
  await settled(page);  // The end of the stroke is told later than its beginning.
  const painted = await until(page, (now) => now.data.name === "own" && all(now) >= all(before) + 5);
  await page.locator("[data-does=undo]").click();
  await until(page, (now) => now.data.name === "spiral" && all(now) === all(before));
  await page.locator("[data-does=redo]").click();
  await until(page, (now) => all(now) === all(painted));
  await press(page, "brush-new");
  await page.mouse.click(plot.x, plot.y);
  await until(page, (now) => all(now) === all(painted) + 1);
  // The graph knows two classes; a net that fits knows three.
  await press(page, "fit-net");
  const fitted = await until(page, (now) => now.net?.length === 1 && now.can_train);
  assert.match(fitted.nodes.find(({ name }) => name === "y").shape, /3\)$/);
  await press(page, "brush-erase");
  const again = await spot(page, "plot");
  await dragTo(page, { x: again.x - 60, y: again.y - 60 }, { x: again.x + 60, y: again.y - 60 });
  await until(page, (now) => all(now) < all(painted));
  assert.deepEqual(trouble(), []);
  await close();
});

const table = (page) => page.locator("#table");
const give = (page, name, text) =>
  page.locator("#table input[type=file]").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

test("tables of every make become data, or say why not", async () => {
  const { page, trouble, close } = await open({ scene: "penguins" });
  await page.locator("#settings-button").click();
  await page.locator("#settings-all .choice:has(option[value=own]) select").selectOption("own");
  const problem = table(page).locator(".problem");
  const otherLanguage = () => page.evaluate(() => document.getElementById("language").click());
  const bad = [
    ["", "The table is empty.", "표가 비어 있습니다."],
    ["\0PNG", "This is a binary file, not a table of text.", "글자로 된 표가 아니라 이진 파일입니다."],
    ["a,b\n1,2,3\n", "line 2: 3 cells where the header has 2.", "2번째 줄: 칸이 3개인데 열 이름은 2개입니다."],
    ['a,b\n"1,2\n', "line 2: a quote never closes.", "2번째 줄: 따옴표가 닫히지 않았습니다."],
    ["a,b\n", "The table has a header but no rows.", "표에 열 이름만 있고 데이터 행이 없습니다."],
    ["a,(b),(b)\n", "line 1: two columns are named '(b)'.", "1번째 줄: ‘(b)’ 열이 두 개입니다."],
  ];
  for (const language of [1, 2]) {
    for (const row of bad) {
      await give(page, "bad.csv", row[0]);
      await problem.filter({ hasText: row[language] }).waitFor();
    }
    await otherLanguage();
  }
  // A byte order mark, semicolons, quotes, Windows line ends, a gap.
  await give(page, "good.csv", '\ufeffsize;weight;"the ""kind"""\r\n1;10;"cat; fat"\r\n2;;dog\r\n3;30;dog\r\n4;11;"cat; fat"\r\n5;33;dog\r\n');
  await table(page).locator("tbody tr").nth(2).waitFor();
  assert.equal(await problem.isVisible(), false);
  assert.match(await table(page).locator("tbody tr").nth(1).textContent(), /1 missing/);
  assert.equal(await table(page).locator("[name=feature]").nth(2).isDisabled(), true, "what is to be predicted is no feature");
  await table(page).locator("[name=feature]").nth(1).uncheck();
  await table(page).locator(".use").click();
  const used = await until(page, (now) => now.data.name === "own" && now.features === 1);
  assert.equal(used.train_examples + used.test_examples, 5);
  assert.ok(used.can_train, used.training_error);
  // A column of texts is a feature for each of its values.
  await page.locator("#settings-all .choice:has(option[value=own]) select").selectOption("penguins");
  await until(page, (now) => now.data.name === "penguins");
  await command(page, { do: "table", text: "size,island,kind\n1,독도,a\n2,울릉도,b\n3,독도,a\n4,울릉도,b\n" });
  await command(page, { do: "use-table", features: ["size", "island"], label: "kind", number: false, standardise: true, net: true });
  await until(page, (now) => now.data.name === "own" && now.features === 3 && now.can_train);
  // A class of a row that is left out is none: not a third answer that is never right.
  await command(page, { do: "table", text: "size,kind\n1,a\n2,b\n,c\n3,a\n4,b\n" });
  await command(page, { do: "use-table", features: ["size"], label: "kind", number: false, standardise: true, net: true });
  const two = await until(page, (now) => now.features === 1 && now.can_train);
  assert.match(two.nodes.find(({ name }) => name === "y").shape, /2\)$/);
  // Each table is a step of undo, with the net that came with it.
  await command(page, { do: "undo" });
  const one = await until(page, (now) => now.features === 3 && now.can_train);
  assert.equal(one.train_examples + one.test_examples, 4);
  // Of Korea's spreadsheets, 100,000 rows, and a number to predict.
  const rows = Array.from({ length: 100000 }, (_, i) => `${i % 97},${i % 89},${(i % 97) * 0.5}`).join("\n");
  await page.evaluate(() => document.dispatchEvent(Object.assign(new Event("drop", { cancelable: true }), { dataTransfer: { files: [new File([new Uint8Array([0xb9, 0xab, 0xb0, 0xd4, 0x2c, 0x62, 0x0a, 0x31, 0x2c, 0x32, 0x0a, 0x33, 0x2c, 0x34, 0x0a])], "k.csv")], types: ["Files"] } })));
  await table(page).locator("tbody th", { hasText: "무게" }).waitFor();
  await give(page, "large.csv", `a,b,c\n${rows}\n`);
  await table(page).locator(".rows", { hasText: "100,000" }).waitFor();
  await table(page).locator("[name=label][value=c]").check();
  assert.equal(await table(page).locator("[name=predicts]").inputValue(), "number");
  await table(page).locator(".use").click();
  await until(page, (now) => now.train_examples === 70000 && now.can_train && now.features === 2);
  const saved = await page.evaluate(() => new Promise((done) => {
    window.sandflow.worker.addEventListener("message", ({ data }) => {
      const found = data.type === "outbox" && JSON.parse(data.json).find(({ type }) => type === "saved");
      if (found) done(JSON.parse(found.json).own);
    });
    window.sandflow.command({ do: "save" });
  }));
  assert.deepEqual([saved.features, saved.label, saved.predicts], [["a", "b"], "c", "number"]);
  assert.deepEqual(trouble(), []);
  await close();
});

test("handwritten digits: 95 % of the test digits within 20 s of Play, and a digit drawn with a finger is read", async () => {
  const { page, trouble, close } = await open({ scene: "mnist", hasTouch: true });
  const requests = await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("mnist.images")).map(({ transferSize }) => transferSize));
  assert.equal(requests.length, 1);
  assert.ok(requests[0] <= 2e6, `${requests[0]} bytes`);
  const now = await until(page, ({ can_train }) => can_train);
  assert.ok(now.test_examples >= 1000);
  // Within the first epoch the digits are tested now and then, and the number says of which step it is.
  assert.equal(await page.locator("#test-label").textContent(), "Test accuracy · loss");
  await command(page, { do: "set", key: "batch_size", value: 500 });
  await command(page, { do: "train", steps: 3 });
  const early = await until(page, ({ step, measured_step }) => step === 3 && measured_step === 2);
  assert.ok(early.test_accuracy > now.test_accuracy, `${now.test_accuracy} to ${early.test_accuracy}`);
  await page.locator("#test-label", { hasText: "Test, step 2" }).waitFor();
  await command(page, { do: "set", key: "batch_size", value: 50 });
  await command(page, { do: "reset" });
  await until(page, ({ step, batch_size }) => step === 0 && batch_size === 50);
  await command(page, { do: "set", key: "speed", value: 1 });
  const began = Date.now();
  await page.locator("#play").click();
  // A busy machine takes longer; how many steps it takes is the same everywhere.
  const learned = await page.waitForFunction(() => window.sandflow.state.test_accuracy >= 0.95 && window.sandflow.state, null, { timeout: 120000, polling: 50 });
  const { step, test_accuracy } = await learned.jsonValue();
  console.log(`# ${(test_accuracy * 100).toFixed(1)} % of the digits after ${((Date.now() - began) / 1000).toFixed(1)} s, ${step} steps`);
  assert.ok(step < 1600, `${step} steps`);
  await page.locator("#play").click();
  const pad = await spot(page, "pad-area");
  const touch = await page.context().newCDPSession(page);
  const finger = (type, x, y) => touch.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x: pad.x + x, y: pad.y + y }] });
  await finger("touchStart", 0, -50);
  for (let y = -45; y <= 50; y += 5) await finger("touchMove", 0, y);
  await finger("touchEnd");
  await until(page, ({ spots }) => spots.some(({ id }) => id === "pad-says-1"), "the digit is read as 1");
  assert.deepEqual(trouble(), []);
  await close();
});

test("a run that breaks is explained and healed; the old one is kept, and the past can be gone back to", async () => {
  const { page, trouble, close } = await open({ scene: "penguins" });
  await command(page, { do: "set", key: "data", value: "line" });
  await command(page, { do: "net", hidden: [] });
  await command(page, { do: "set", key: "optimizer", value: "GradientDescent" });
  await command(page, { do: "set", key: "optimizer.learning_rate", value: 3 });
  await command(page, { do: "set", key: "speed", value: 1 });
  await until(page, (now) => now.can_train && now.optimizer.parameters.learning_rate === 3);
  await page.locator("#play").click();
  const broken = await until(page, (now) => now.diverged && !now.playing);
  const banner = page.locator("#banner");
  await banner.filter({ hasText: broken.diverged.node }).waitFor();
  assert.match(await banner.textContent(), /output.* grew most/);
  await page.locator("#heal").click();
  const healed = await until(page, (now) => !now.diverged && now.optimizer.parameters.learning_rate === 0.3);
  assert.equal(healed.step, broken.diverged.back_to);
  assert.equal(healed.runs.length, 1);
  assert.ok(healed.runs[0].differences.includes("learning_rate 3"));
  assert.equal(await banner.isVisible(), false);
  await command(page, { do: "epoch" });
  await until(page, (now) => now.epoch > healed.epoch && now.train_loss < 0.5);
  await press(page, "timeline");
  const here = await state(page);
  const track = await spot(page, "timeline-track");
  await dragTo(page, { x: track.x + 100, y: track.y }, { x: track.x - 300, y: track.y });
  await until(page, (now) => now.is_back && now.step < here.step);
  await press(page, "timeline-end");
  await until(page, (now) => !now.is_back && now.step === here.step);
  const download = page.waitForEvent("download");
  await press(page, "runs-csv");
  assert.equal((await download).suggestedFilename(), "runs.csv");
  await press(page, "run-remove-0");
  await until(page, (now) => now.runs.length === 0);
  assert.deepEqual(trouble(), []);
  await close();
});

test("layers, units, activations and initializers are set in the sheet; the run starts again with them", async () => {
  const { page, trouble, close } = await open({ scene: "empty" });
  await command(page, { do: "set", key: "data", value: "moons" });
  await command(page, { do: "fit-net" });
  await until(page, (now) => now.can_train && now.net.length === 1);
  await page.locator("#settings-button").click();
  const net = page.locator(".group.net");
  await net.locator(".net-buttons button").click();
  await until(page, (now) => now.net.length === 2);
  await net.locator(".net-layer").nth(1).locator("input").fill("5");
  await net.locator(".net-layer").nth(1).locator("input").press("Enter");
  await until(page, (now) => now.net[1].units === 5);
  await net.locator(".net-layer").nth(0).locator("select").nth(0).selectOption("Tanh");
  await until(page, (now) => now.net[0].activation === "Tanh");
  await net.locator(".net-layer").nth(0).locator("select").nth(1).selectOption("he_normal");
  const set = await until(page, (now) => now.net[0].initializer === "he_normal");
  assert.equal(set.nodes.find(({ name }) => name === "layer_2/W").shape, "(8, 5)");
  await net.locator(".net-layer .quiet").first().click();
  await until(page, (now) => now.net.length === 1 && now.net[0].units === 5 && now.can_train);
  assert.deepEqual(trouble(), []);
  await close();
});

test("penalty, dropout, schedule and clipping are set in the sheet, and it says what starts the run again", async () => {
  const { page, trouble, close } = await open({ scene: "empty" });
  await command(page, { do: "set", key: "data", value: "moons" });
  await command(page, { do: "fit-net" });
  await until(page, (now) => now.can_train && now.net.length === 1);
  await page.locator("#settings-button").click();
  const sheet = page.locator("#settings-all");
  const number = async (field, text) => {
    await field.locator("input").fill(text);
    await field.locator("input").press("Enter");
  };
  const held = page.locator(".group.net > .fields > .field");
  await held.nth(0).locator("select").selectOption("L2");
  await until(page, (now) => now.penalty === "L2" && now.nodes.some(({ name }) => name === "penalty/scaled"));
  await number(held.nth(1), "0.02");
  await number(held.nth(2), "0.5");
  const net = await until(page, (now) => now.strength === 0.02 && now.dropout === 0.5 && now.can_train);
  assert.ok(net.nodes.some(({ name }) => name === "layer_1/dropout"));
  // What the layers are is another thing than what holds them back.
  await page.locator(".net-buttons button").click();
  await until(page, (now) => now.net.length === 2 && now.dropout === 0.5 && now.penalty === "L2");
  await sheet.locator("[data-key=schedule] select").selectOption("exponential_decay");
  await until(page, (now) => now.schedule.name === "exponential_decay");
  await number(sheet.locator("[data-key='schedule.decay_rate']"), "0.5");
  await sheet.locator("[data-key=clipping] select").selectOption("clip_by_global_norm");
  await until(page, (now) => now.clipping.name === "clip_by_global_norm" && now.schedule.parameters.decay_rate === 0.5 && now.can_train);
  await command(page, { do: "train", steps: 20 });
  await until(page, (now) => now.step === 20);
  const marked = (key) => sheet.locator(`[data-key='${key}'] .label`).evaluate((label) => label.classList.contains("restarts"));
  assert.deepEqual(await Promise.all(["optimizer", "schedule", "seed", "optimizer.learning_rate", "batch_size"].map(marked)), [true, true, true, false, false]);
  await number(sheet.locator("[data-key='optimizer.learning_rate']"), "0.03");
  assert.equal((await until(page, (now) => now.optimizer.parameters.learning_rate === 0.03)).step, 20);
  assert.deepEqual(trouble(), []);
  await close();
});

test("curves are zoomed by dragging and Ctrl with the wheel, and leave as pictures; a unit's answer is shown large", async () => {
  const { page, trouble, close } = await open({ scene: "spiral" });
  await command(page, { do: "train", steps: 200 });
  await until(page, (now) => now.step === 200 && now.layers.length > 1);
  const shown = (id) => (now) => now.spots.some((each) => each.id === id);
  const chart = await spot(page, "loss-chart");
  await dragTo(page, { x: chart.x - 60, y: chart.y }, { x: chart.x + 40, y: chart.y });
  await until(page, shown("loss-all"));
  await page.mouse.dblclick(chart.x, chart.y);
  await until(page, (now) => !shown("loss-all")(now));
  // A drag that the pane is switched away from has ended.
  await page.mouse.move(chart.x - 60, chart.y);
  await page.mouse.down();
  await page.mouse.move(chart.x - 20, chart.y, { steps: 3 });
  await settled(page);
  await command(page, { do: "panes", graph: true, views: false });
  await settled(page);
  await page.mouse.up();
  await command(page, { do: "panes", graph: true, views: true });
  await until(page, shown("loss-chart"));
  await page.mouse.move(chart.x + 60, chart.y, { steps: 3 });
  await settled(page);
  assert.ok(!shown("loss-all")(await state(page)), "nothing is zoomed");
  await page.mouse.move(chart.x, chart.y);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -300);
  await page.keyboard.up("Control");
  await until(page, shown("loss-all"));
  const download = page.waitForEvent("download");
  await press(page, "loss-png");
  const file = await download;
  assert.equal(file.suggestedFilename(), "loss.png");
  const bytes = await (await import("node:fs/promises")).readFile(await file.path());
  assert.equal(bytes.readUInt32BE(16), 1280, "as wide as two pixels for each point");
  await press(page, "response-0");
  await until(page, shown("response-large"));
  await press(page, "response-large");
  await until(page, (now) => !shown("response-large")(now));
  assert.deepEqual(trouble(), []);
  await close();
});

test("letters that no font of ours has are borrowed from the browser", async () => {
  const { page, trouble, close } = await open({ scene: "penguins", deviceScaleFactor: 2 });
  await command(page, { do: "train", steps: 30 });
  await until(page, (now) => now.step === 30);
  await press(page, "runs");
  await press(page, "run-keep");
  await until(page, (now) => now.runs.length === 1);
  const name = async (text) => {
    await press(page, "run-0");
    const field = page.locator("#overlay");
    await field.waitFor();
    await field.fill(text);
    await page.keyboard.press("Enter");
    await until(page, (now) => now.runs[0].name === text);
    await field.waitFor({ state: "hidden" });
    const at = await spot(page, "run-0");
    await page.mouse.move(at.x, 5);
    return async () => (await page.screenshot({ clip: { x: at.x - 110, y: at.y - 14, width: 150, height: 28 } })).toString("base64");
  };
  // Two that the interface's own texts never show, and what stood in their place. A frame later it is drawn.
  const unknown = await (await name("??"))();
  const shown = await name("뷁쀍");
  for (let tries = 0; (await shown()) === unknown; tries++) {
    assert.ok(tries < 100, "they are still question marks");
    await page.waitForTimeout(50);
  }
  assert.deepEqual(trouble(), []);
  await close();
});

test("by keyboard alone: to the views, a section opened, an initializer chosen, and back to the graph", async () => {
  const { page, trouble, close } = await open({ scene: "vanishing" });
  await until(page, (now) => now.layers?.length === 11);
  const focus = ({ spots }) => spots.find(({ id }) => id.startsWith("focus "))?.id.slice(6);
  const walkTo = async (key, name) => {
    for (let tries = 0; tries < 30; tries++) {
      await settled(page);
      if (focus(await state(page)) === name) return;
      await page.keyboard.press(key);
    }
    assert.fail(`${key} does not lead to ${name} but to ${focus(await state(page))}`);
  };
  await page.locator("#canvas").focus();
  await page.keyboard.press("v");
  await walkTo("PageDown", "Spread over time");
  const isOpen = ({ spots }) => spots.some(({ id }) => id === "spreads-layer");
  assert.equal(isOpen(await state(page)), false);
  await page.keyboard.press("Enter");
  await until(page, isOpen, "the section is open");
  await walkTo("ArrowUp", "zeros");
  await page.keyboard.press("Space");
  const chosen = await until(page, (now) => now.initializer.name === "zeros");
  assert.deepEqual(chosen.selected, [], "no key was the graph's");
  await page.keyboard.press("Escape");
  await page.keyboard.press("]");
  const back = await until(page, (now) => now.selected.length === 1, "the graph has the keys again");
  assert.equal(focus(back), undefined);
  assert.deepEqual(trouble(), []);
  await close();
});
