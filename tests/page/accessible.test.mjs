// For everyone: axe finds nothing serious anywhere, the graph can be read as a list that keeps up with the canvas, and
// what training does is said.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { command, open, until } from "./hands.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function complaints(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`));
}

const lesson = (page, name, step) => page.evaluate((link) => (location.hash = link), `lesson=${name}&step=${step}`);

for (const look of [
  { locale: "ko-KR", colorScheme: "light" },
  { locale: "en-US", colorScheme: "dark", width: 390, height: 844 },
])
  test(`axe finds nothing serious, ${look.colorScheme}, ${look.locale}`, async () => {
    const { page, close } = await open({ scene: "penguins", ...look });
    assert.deepEqual(await complaints(page), [], "training");
    await page.evaluate(() => document.getElementById("help").showModal());
    assert.deepEqual(await complaints(page), [], "help");
    await page.evaluate(() => document.getElementById("help").close());
    await lesson(page, "arithmetic", 2);
    await page.locator("#lesson-body .task").first().getByRole("textbox").fill("-4");
    await page.locator("#lesson-body .task").first().locator("form .run").click();
    await page.locator("#lesson-body .outcome").waitFor();
    assert.deepEqual(await complaints(page), [], "a lesson in the session");
    await lesson(page, "gradient_descent", 1);
    await page.locator("#lesson-body .ball").waitFor();
    assert.deepEqual(await complaints(page), [], "a lesson that trains");
    await page.locator("#lesson-list").click();
    assert.deepEqual(await complaints(page), [], "the list of lessons");
    await close();
  });

test("nothing in the header lies on its neighbour, from tablet to desktop, for fingers", async () => {
  const { page, close } = await open({ scene: "mnist-conv", hasTouch: true, height: 600 });
  for (const width of [760, 820, 880, 900, 940, 1000, 1060, 1100, 1280]) {
    await page.setViewportSize({ width, height: 600 });
    const lying = await page.evaluate(() => {
      const shown = [...document.querySelectorAll(".header > *, .mode")].filter((each) => each.getBoundingClientRect().width > 0 && !each.matches(".spacer"));
      const boxes = shown.map((each) => each.getBoundingClientRect()).sort((a, b) => a.left - b.left);
      return boxes.filter((box, i) => i > 0 && box.left < boxes[i - 1].right - 1).length;
    });
    assert.equal(lying, 0, `at ${width}`);
  }
  await close();
});

test("the graph as a list says what the canvas shows, and keeps up with it", async () => {
  const { page, close } = await open({ scene: "penguins" });
  const line = page.locator("#outline li").filter({ hasText: /^loss, Mean/ });
  assert.match(await line.innerText(), /float32 \(\)\. Inputs: input: cross_entropy, .*Value: 1\.\d+/);
  assert.equal(await page.locator("#outline li").count(), (await until(page, (now) => now.nodes)).nodes.length);
  await command(page, { do: "edit", edit: "set_attr", node: "b", attr: "shape", text: "(4,)" });
  await page.locator("#outline li").filter({ hasText: /^logits.*Error: ValueError/ }).waitFor({ state: "attached" });
  await command(page, { do: "undo" });
  await page.locator("#outline li").filter({ hasText: /^logits.*Value:/ }).waitFor({ state: "attached" });
  await close();
});

test("starting, pausing and diverging are said", async () => {
  const { page, close } = await open({ scene: "penguins" });
  const said = (words) => page.locator("#live").filter({ hasText: words }).waitFor({ state: "attached" });
  await command(page, { do: "play" });
  await said("Training started");
  await command(page, { do: "pause" });
  await said("paused");
  await lesson(page, "gradient_descent", 1);
  await until(page, (now) => now.can_train && now.nodes.every(({ name }) => name !== "logits"));
  await command(page, { do: "set", key: "optimizer.learning_rate", value: 1000 });
  await command(page, { do: "train", steps: 1000 });
  await said("diverged");
  await close();
});
