// The lessons as a learner goes through them: every prediction is judged by a real run, every goal can be met, progress
// and language are kept, by mouse and by keyboard.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openPage } from "./harness.mjs";

const read = (name, language = "en") => JSON.parse(readFileSync(new URL(`../../dist/lessons/${name}.${language}.json`, import.meta.url), "utf8"));
const list = JSON.parse(readFileSync(new URL("../../dist/lessons/list.json", import.meta.url), "utf8"));

async function open(options) {
  const opened = await openPage(options);
  await opened.page.waitForFunction(() => !document.body.classList.contains("starting"));
  return opened;
}

const heading = (page) => page.locator("#lesson-body > h2");

// Opens a lesson from the list.
async function begin(page, name) {
  if (await page.locator("#lesson").isHidden()) await page.locator("#lessons").click();
  if (!(await page.locator("#lesson.choosing").count())) await page.locator("#lesson-list").click();
  await page.locator(`[data-lesson="${name}"]`).click();
  await page.locator("#lesson:not(.choosing)").waitFor();
}

// Guesses something, runs, and gives what the page made of it.
async function predict(task) {
  const choices = task.getByRole("radio");
  if (await choices.count()) await choices.first().check();
  else await task.getByRole("textbox").fill("123456");
  await task.locator("form .run").click();
  await task.locator(".outcome").waitFor();
  return task.locator(".outcome").innerText();
}

// A page for each part of the list, so that a failure says where; small and without motion, as frames cost most of the time.
for (const part of new Set(list.map((entry) => entry.part)))
  test(`lessons on ${part}: predictions have answers, goals can be met`, async () => {
    const { page, trouble, close } = await open({ width: 800, height: 600, reducedMotion: "reduce" });
    for (const { name } of list.filter((entry) => entry.part === part)) await walk(page, name);
    assert.deepEqual(trouble(), []);
    await close();
  });

async function walk(page, name) {
  await begin(page, name);
  for (const [index, step] of read(name).steps.entries()) {
    await page.locator(`#lesson-body[data-step="${index}"]`).waitFor();
    const tasks = page.locator("#lesson-body .task");
    for (let i = 0; i < (await tasks.count()); i++) {
      const task = tasks.nth(i);
      const where = `${name}, step ${index + 1}, task ${i + 1}`;
      if (await task.locator("form").count()) {
        const outcome = await predict(task);
        assert.doesNotMatch(outcome, /none of these|NaN/, `${where}: ${outcome}`);
      } else {
        await task.getByRole("button", { name: "Show me one way" }).click();
        await assert.doesNotReject(task.and(page.locator(".met")).waitFor(), `${where} is met`);
      }
    }
    const python = page.locator("#lesson-body .python");
    if (await python.count()) {
      for (const line of step.blocks.find(({ kind }) => kind === "python").lines.keys()) {
        await python.getByRole("button", { name: "Next line" }).click();
        await python.locator(".row").nth(line).and(page.locator(".done")).waitFor();
      }
      assert.match(await python.locator(".row").nth(2).innerText(), /Tensor\("product:0", shape=\(\), dtype=int32\)[^]*tf\.Tensor\(55, shape=\(\), dtype=int32\)/);
      assert.equal(await python.locator(".row").last().locator("samp").first().innerText(), "44");
    }
    if (await page.locator("#lesson-body .curve").count()) await page.locator("#lesson-body .curve .ball").waitFor();
    await page.locator("#lesson-next").click();
  }
  await page.locator(".result-code").waitFor();
}

test("by mouse, in both languages: a lesson from the list to its code, kept over a reload", async () => {
  const { page, trouble, close } = await open({ locale: "ko-KR" });
  await page.locator("#lessons").click();
  await page.locator('[data-lesson="graph"]').click();
  await page.locator("#lesson-title").filter({ hasText: "데이터플로 그래프란" }).waitFor();
  assert.equal(await page.evaluate(() => window.sandflow.lens.on), true, "it opens in the session");
  await page.locator("#lesson-next").click();

  const task = page.locator("#lesson-body .task");
  await task.getByRole("textbox").fill("14");
  await task.locator("form .run").click();
  await task.locator(".outcome.right").waitFor();
  // The same step, guess and outcome in the other language.
  await page.locator("#language").click();
  await page.locator("#lesson-title").filter({ hasText: "What a dataflow graph is" }).waitFor();
  assert.match(await task.locator(".outcome").innerText(), /Just as you predicted/);
  assert.match(await page.locator("#lesson-place").innerText(), /2 of 4/);

  await page.locator("#lesson-next").click();
  await task.getByRole("radio").first().check();
  await task.locator("form .run").click();
  await task.locator(".outcome.wrong").waitFor();
  await page.locator("#lesson-next").click();
  // By the learner's own hand: the goal counts as met.
  await page.locator("#lesson-body .try").click();
  await page.waitForFunction(() => window.sandflow.lens.fetches.join() === "product");
  const { session } = await page.evaluate(() => window.sandflow.lens);
  await page.evaluate(() => window.sandflow.command({ do: "edit", edit: "set_attr", node: "c", attr: "value", text: "6" }));
  await page.waitForFunction((before) => window.sandflow.lens.session > before, session);
  await page.locator("#lens-run").click();
  await task.and(page.locator(".met")).waitFor();
  await page.locator("#live").filter({ hasText: "Goal reached" }).waitFor({ state: "attached" });

  await page.reload();
  await page.waitForFunction(() => !document.body.classList.contains("starting"));
  await begin(page, "graph");
  await task.and(page.locator(".met")).waitFor();
  await page.locator("#lesson-next").click();
  assert.match(await page.locator(".result-code").innerText(), /^graph-1\/1-1\/2-[2-9A-Z]{4}$/);
  await page.locator("#lesson-list").click();
  await page.locator('.entry.finished[data-lesson="graph"]').waitFor();
  assert.deepEqual(trouble(), []);
  await close();
});

test("by keyboard alone: from the header through a lesson", async () => {
  const { page, close } = await open();
  const focus = async (selector) => {
    for (let i = 0; i < 60; i++) {
      if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`${selector} cannot be reached`);
  };
  const press = async (selector) => {
    await focus(selector);
    await page.keyboard.press("Enter");
  };
  await press("#lessons");
  await press('[data-lesson="constant"]');
  await page.waitForFunction(() => document.activeElement.matches("#lesson-body > h2"));
  await focus("#lesson-body input[type=radio]");
  await page.keyboard.press("ArrowDown");
  await press("#lesson-body form .run");
  await page.locator(".outcome.right").waitFor();
  await press("#lesson-next");
  await press("#lesson-body .goal > button");
  await page.locator(".task.met").waitFor();
  await press("#lesson-next");
  await focus("#lesson-body .task input");
  await page.keyboard.type("1");
  await press("#lesson-body form .run");
  await page.locator(".outcome.right").waitFor();
  await press("#lesson-next");
  assert.match(await page.locator(".result-code").innerText(), /^constant-0\/1-2\/2-/);
  await close();
});
