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

// A page for each part of the list, so that a failure says where.
for (const part of new Set(list.map((entry) => entry.part)))
  test(`lessons on ${part}: predictions have answers, goals can be met`, async () => {
    const { page, trouble, close } = await open();
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
        await assert.doesNotReject(task.and(page.locator(".met")).waitFor({ timeout: 10000 }), `${where} is met`);
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
