// A learner's hands for the page tests: finding things on the canvas, and building graphs by mouse or by keyboard.
import assert from "node:assert/strict";
import { openPage } from "./harness.mjs";

export const state = (page) => page.evaluate(() => window.sandflow.state);
export const command = (page, order) => page.evaluate((sent) => window.sandflow.command(sent), order);
export const node = (now, name) => now.nodes.find((candidate) => candidate.name === name);

// Waits until the sandbox's state is as wanted; gives that state.
export async function until(page, wanted, what = wanted.toString()) {
  const deadline = Date.now() + 20000;
  for (;;) {
    const now = await state(page);
    if (now && wanted(now)) return now;
    assert.ok(Date.now() < deadline, `never came: ${what}\nlast state: ${JSON.stringify({ ...now, nodes: now?.nodes?.map(({ name, type, error, value }) => ({ name, type, error, value })) })}`);
    await page.waitForTimeout(25);
  }
}

// Opens a scene and waits until it stands on the canvas.
export async function open({ scene = "empty", ...options } = {}) {
  const opened = await openPage({ query: `?scene=${scene}`, ...options });
  await opened.page.evaluate(() => window.sandflow.ready);
  await until(opened.page, (now) => Array.isArray(now.nodes) && (scene === "empty" || now.nodes.length > 0));
  return opened;
}

// Where something of the sandbox lies on the page.
export async function onPage(page, { x, y }) {
  const box = await page.locator("#canvas").boundingBox();
  return { x: box.x + x, y: box.y + y };
}

export const middle = ({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 });

// An app that has nothing left to draw has done, and told, all that it was sent before.
const isAtRest = (page) =>
  page.evaluate(() => new Promise((done) => {
    const { worker } = window.sandflow;
    worker.addEventListener("message", function hear({ data }) {
      if (data.type !== "frames") return;
      worker.removeEventListener("message", hear);
      done(!data.isDrawing);
    });
    worker.postMessage({ type: "count-frames" });
  }));

export async function settled(page) {
  for (const deadline = Date.now() + 20000; !(await isAtRest(page)); await page.waitForTimeout(20))
    assert.ok(Date.now() < deadline, "the page comes to rest");
}

// The node, when the view and it rest.
export async function rest(page, name) {
  await settled(page);
  return node(await state(page), name);
}

export async function dragTo(page, from, to) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 3 });
  await page.mouse.move(to.x, to.y, { steps: 3 });
  await page.mouse.up();
}

// Empty ground as near as possible to a place on the canvas.
async function groundAt(page, wish) {
  const now = await state(page);
  const stage = await page.locator("#canvas").boundingBox();
  const wide = Math.min(stage.width, stage.width >= 760 ? stage.width - 380 : stage.width);
  const taken = [...now.nodes.filter((each) => !each.hidden), ...(now.boxes ?? [])].map((each) => ({
    left: each.x - 60, top: each.y - 25, right: each.x + Math.max(each.width, each.error ? 240 : 0) + 25, bottom: each.y + each.height + (each.error ? 130 : 25),
  }));
  // The add button, the map and the zoom bar.
  taken.push({ left: 0, top: 0, right: 130, bottom: 60 }, { left: 0, top: stage.height - 140, right: 200, bottom: stage.height }, { left: wide - 190, top: stage.height - 60, right: wide, bottom: stage.height });
  let best, nearest = Infinity;
  for (let x = 20; x < wide - 20; x += 15)
    for (let y = 70; y < stage.height - 20; y += 15) {
      const away = Math.hypot(x - wish.x, y - wish.y);
      if (away >= nearest || taken.some((rect) => x > rect.left && x < rect.right && y > rect.top && y < rect.bottom)) continue;
      nearest = away;
      best = { x, y };
    }
  assert.ok(best, "there is empty ground");
  return onPage(page, best);
}

const field = (page) => page.locator("#overlay:not([hidden])");

async function typed(page, text) {
  await field(page).waitFor();
  await page.keyboard.press("Control+a");
  if (text) await page.keyboard.insertText(text);
  else await page.keyboard.press("Delete");
  await page.keyboard.press("Enter");
  await field(page).waitFor({ state: "hidden" });
}

const addedTo = (before) => (now) => now.nodes.length > before.nodes.length;

async function chosenFromPalette(page, name) {
  await field(page).waitFor();
  await page.keyboard.insertText(name);
  await until(page, ({ spots }) => spots.some(({ id }) => id === `marked ${name}`), `${name} is marked`);
  await page.keyboard.press("Enter");
}

async function entryOf(page, id) {
  const now = await until(page, ({ menu }) => menu?.some((entry) => entry.id === id && entry.x > 0), `menu entry ${id}`);
  return { entry: now.menu.find((each) => each.id === id), index: now.menu.findIndex((each) => each.id === id) };
}

// By mouse alone, but for the letters of names and values.
export const mouse = {
  async add(page, type, wish) {
    const before = await state(page);
    const at = await groundAt(page, wish);
    await page.mouse.dblclick(at.x, at.y);
    await chosenFromPalette(page, type);
    return (await until(page, addedTo(before), `added ${type}`)).nodes.at(-1).name;
  },
  async wire(page, from, to, input = 0, output = 0) {
    await rest(page, from);
    const end = await rest(page, to);
    const start = node(await state(page), from);
    await dragTo(page, await onPage(page, start.outputs[output]), await onPage(page, end.inputs[input]));
    await until(page, (now) => node(now, to).inputs[input].text === (output ? `${from}:${output}` : from), `wire ${from} to ${to}`);
  },
  async type(page, name, input, text) {
    const at = await onPage(page, (await rest(page, name)).inputs[input]);
    await page.mouse.dblclick(at.x, at.y);
    await typed(page, text);
    await until(page, (now) => node(now, name).inputs[input].text === text, `${text} at ${name}`);
  },
  async choose(page, name, id) {
    const at = await onPage(page, middle(await rest(page, name)));
    await page.mouse.click(at.x, at.y, { button: "right" });
    const { entry } = await entryOf(page, id);
    const on = await onPage(page, entry);
    await page.mouse.click(on.x, on.y);
    await until(page, (now) => now.menu.length === 0);
  },
  async set(page, name, attr, text) {
    await mouse.choose(page, name, `attr:${attr}`);
    await typed(page, text);
  },
  async rename(page, name, to) {
    await mouse.choose(page, name, "rename");
    await typed(page, to);
    await until(page, (now) => node(now, to));
  },
};

// By keyboard alone.
export const keyboard = {
  async focus(page) {
    await page.locator("#canvas").focus();
  },
  async select(page, name) {
    for (let i = 0; i < 60; i++) {
      const now = await state(page);
      if (now.selected.length === 1 && now.selected[0] === name) return;
      await page.keyboard.press("]");
      await until(page, (later) => later.selected.join() !== now.selected.join(), "the next node");
    }
    assert.fail(`${name} cannot be reached`);
  },
  async add(page, type) {
    const before = await state(page);
    await keyboard.focus(page);
    await page.keyboard.press("n");
    await chosenFromPalette(page, type);
    const now = await until(page, addedTo(before), `added ${type}`);
    await page.waitForFunction(() => document.activeElement.id === "canvas");
    return now.nodes.at(-1).name;
  },
  async wire(page, from, to, input = 0, output = 0) {
    await keyboard.select(page, from);
    await page.keyboard.press("w");
    await until(page, (now) => now.wire?.source === from);
    for (let i = 0; i < output; i++) await page.keyboard.press("w");
    for (let i = 0; i < 80; i++) {
      const { wire } = await state(page);
      if (wire.node === to && wire.input === input) break;
      await page.keyboard.press("ArrowDown");
      await until(page, (now) => now.wire?.node !== wire.node || now.wire?.input !== wire.input, "the next port");
    }
    await page.keyboard.press("Enter");
    await until(page, (now) => node(now, to).inputs[input].text === (output ? `${from}:${output}` : from), `wire ${from} to ${to}`);
  },
  async type(page, name, input, text) {
    await keyboard.select(page, name);
    await page.keyboard.press(String(input + 1));
    await typed(page, text);
    await until(page, (now) => node(now, name).inputs[input].text === text, `${text} at ${name}`);
  },
  async choose(page, name, id) {
    await keyboard.select(page, name);
    await page.keyboard.press("m");
    const { index } = await entryOf(page, id);
    for (let i = 0; i < index; i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await until(page, (now) => now.menu.length === 0);
  },
  async set(page, name, attr, text) {
    await keyboard.choose(page, name, `attr:${attr}`);
    await typed(page, text);
  },
  async rename(page, name, to) {
    await keyboard.select(page, name);
    await page.keyboard.press("F2");
    await typed(page, to);
    await until(page, (now) => node(now, to));
  },
};

// From the loose end of a wire: dropped on empty ground, the palette offers what takes it and connects it.
export async function addFrom(page, from, type, wish, output = 0) {
  const before = await state(page);
  await rest(page, from);
  const start = node(await state(page), from).outputs[output];
  await dragTo(page, await onPage(page, start), await groundAt(page, wish));
  await chosenFromPalette(page, type);
  const now = await until(page, addedTo(before), `added ${type}`);
  const made = now.nodes.at(-1);
  assert.ok(made.inputs.some((input) => input.text === (output ? `${from}:${output}` : from)), `${made.name} is connected`);
  return made.name;
}
