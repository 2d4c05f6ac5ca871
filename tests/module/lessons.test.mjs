// The lessons as files: both languages complete and alike in everything but words, every scene opens, everything that a
// text points at is there, and the two small languages they are written in mean what they say.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { load } from "../../dist/engine/sandflow.mjs";
import { languages, readLesson, readList } from "../../web/build/lessons.mjs";
import { parse, parseActions } from "../../web/shell/lesson_words.js";

const folder = new URL("../../web/lessons/", import.meta.url);
const list = readList();
const sceneOf = ({ name, scene }) => JSON.parse(readFileSync(new URL(`scenes/${scene ?? name}.json`, folder), "utf8"));
const wordsOf = ["question", "because", "text", "hint", "label"];

// A block without what is written for people.
const machine = (block) => JSON.stringify({
  ...Object.fromEntries(Object.entries(block).filter(([key]) => !wordsOf.includes(key))),
  has: wordsOf.filter((key) => block[key]),
  choices: block.choices?.map(({ when }) => when),
});

test("every lesson is in the list, and in every language", () => {
  const names = list.map(({ name }) => `${name}.md`).sort();
  for (const language of languages) assert.deepEqual(readdirSync(new URL(language, folder)).sort(), names, language);
});

for (const entry of list)
  test(`lesson ${entry.name}: the languages have the same steps and blocks, and say all of it`, () => {
    const [first, ...others] = languages.map((language) => readLesson(entry.name, language));
    const points = ({ html, blocks }) => [...(html + JSON.stringify(blocks)).matchAll(/data-point=\\?"([^"\\]+)/g)].map((found) => found[1]).sort();
    for (const [i, step] of first.steps.entries()) {
      assert.ok(step.title && step.html, `${entry.name}, step ${i + 1} says something`);
      for (const other of others) {
        assert.equal(other.steps.length, first.steps.length);
        assert.deepEqual(other.steps[i].blocks.map(machine), step.blocks.map(machine), `step ${i + 1}`);
        assert.deepEqual(points(other.steps[i]), points(step), `step ${i + 1}`);
      }
    }
    for (const lesson of [first, ...others]) assert.doesNotMatch(JSON.stringify(lesson.steps.map(({ title, html, blocks }) => [title, html, wordsOf.map((key) => blocks.map((block) => block[key]))])), /\*\*|\$|`/, "everything was understood as Markdown");
    const korean = readLesson(entry.name, "ko");
    for (const { title, blocks } of korean.steps) {
      const words = blocks.flatMap((block) => wordsOf.map((key) => block[key]).filter(Boolean));
      for (const text of [title, ...words]) assert.match(text, /[가-힣]|^<code>/, `${entry.name}: ${text}`);
    }
  });

test("every lesson's scene opens, trains where it should, and has what the texts speak of", async () => {
  const sf = await load();
  for (const entry of list) {
    const json = sceneOf(entry);
    const scene = sf.openScene(JSON.stringify(json));
    const { nodes, can_train, training_error } = scene.snapshot();
    assert.deepEqual(nodes.filter(({ error, is_blocked }) => error || is_blocked).map(({ name }) => name), [], entry.name);
    assert.equal(training_error, null, entry.name);
    assert.equal(can_train, Boolean(json.training?.loss), entry.name);
    const names = new Set(nodes.map(({ name }) => name));
    for (const { html, blocks } of readLesson(entry.name, "en").steps) {
      const text = html + JSON.stringify(blocks);
      const pointed = [...text.matchAll(/data-point=\\?"([^"\\@]+)/g)].flatMap((found) => found[1].split(","));
      const asked = [...text.matchAll(/\b(?:value|shown|error|dtype|shape|mean|largest|smallest|spread|ran)\((\w+)\)/g)].map((found) => found[1]);
      const lines = blocks.flatMap(({ lines: rows = [] }) => rows.map(({ node }) => node.replace("!", "")));
      const done = blocks.flatMap((block) => [block.run, block.way, block.do]).filter(Boolean).flatMap((actions) => parseActions(actions.replaceAll("{}", "1")))
        .flatMap(({ name, words }) => (["attr", "port", "feed", "unfeed", "load"].includes(name) ? [words[0]] : name === "fetch" ? words[0].split(" ") : name === "wire" ? [words[0], words[2]] : []));
      for (const name of [...pointed, ...asked, ...lines, ...done]) assert.ok(names.has(name), `${entry.name} speaks of ${name}`);
    }
    scene.free();
  }
});

test("conditions read what the page shows, and nothing else", () => {
  const now = {
    state: { step: 40, train_loss: 0.04, diverged: null, optimizer: { name: "Adam", parameters: { learning_rate: 0.1 } },
      nodes: [{ name: "w", value: "[[ 1.5 -2. ]\n [ 3e-1 inf]]", dtype: "float32" }, { name: "a/b", value: "7", error: "ValueError: no" }] },
    lens: { runs: 2, fetches: ["a", "b"], run: { printed: "[2.5, -3]", error: null, stops: [{ node: "a" }] } },
    kept: { once: 3 },
    before: { state: { train_loss: 1 } },
  };
  const holds = (text) => parse(text, ["once"])(now);
  for (const [text, value] of [
    ["loss < 0.05 within 40 steps", true], ["loss < 0.05 within 39 steps", false], ["loss < before.loss and not diverged", true],
    ["optimizer == 'Adam' and learning_rate == 0.1", true], ["value(w)", 1.5], ["smallest(w)", -2], ["largest(w)", Infinity],
    ["value(a/b) * 2 - 4 / (1 + 1)", 12], ["error(a/b)", "ValueError"], ["nth(2)", -3], ["abs(nth(2) - 1)", 4], ["ran(a) and not ran(b)", true],
    ["fetches == 'a b'", true], ["once == 3 or runs == 0", true], ["-1 < 0", true],
  ]) assert.equal(holds(text), value, text);
  assert.ok(Number.isNaN(holds("value(nowhere)")));
  for (const text of ["", "loss <", "constructor", "value()", "loss 3", "toString(w)", "within 3 steps", "state.step", "1 +"]) assert.throws(() => holds(text), /cannot read/, text);
});

test("actions are read in order, and nonsense is refused", () => {
  assert.deepEqual(parseActions("set seed 3; attr a value [1, 2]; fetch a b; run"), [
    { name: "set", words: ["seed", "3"] }, { name: "attr", words: ["a", "value", "[1, 2]"] }, { name: "fetch", words: ["a b"] }, { name: "run", words: [] },
  ]);
  for (const text of ["dance", "train", "set seed", "run now", "toString", "attr a"]) assert.throws(() => parseActions(text), /cannot do/, text);
});
