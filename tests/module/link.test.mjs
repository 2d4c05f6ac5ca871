// Links: what is written is read again; what is broken is named and throws nothing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  longest, pack, parameterOf, parameters, readAddress, readLink, settingsBetween, unpack, withSettings, writeLink,
} from "../../web/shell/link.js";
import { chance, mutated } from "./chance.mjs";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const scene = (name) => JSON.parse(read(`web/lessons/scenes/${name}.json`));

// A value that a parameter may have.
function valueOf({ kind, minimum = -1e6, maximum = 1e6, integer, choices }, { next, below, of, maybe }) {
  const number = minimum + next() * (maximum - minimum);
  return {
    word: () => of(["spiral", "Adam", "a.b-c", "가지", "x1"].filter((word) => /^\w/.test(word))),
    packed: () => of(["abc", "A-_9"]),
    choice: () => of(choices),
    flag: () => true,
    list: () => choices.filter(() => maybe(0.3)),
    number: () => (integer ? Math.round(number) : number),
  }[kind]();
}

function anyLink(random) {
  const values = {};
  for (const parameter of parameters) {
    if (random.maybe(0.6)) continue;
    const { name } = parameter;
    const value = valueOf(parameter, random);
    if (!(Array.isArray(value) && !value.length)) values[name.replace("*", random.of(["beta1", "noise", "p_2"]))] = value;
  }
  return values;
}

test("what a link is given is what is read from it", () => {
  const random = chance(7);
  for (let i = 0; i < 2000; i++) {
    const values = anyLink(random);
    assert.deepEqual(readLink(`#${writeLink(values)}`), { values, problems: [] });
  }
  assert.equal(writeLink({ lang: "ko", hide: ["palette", "views"], lesson: "momentum", play: true }), "lesson=momentum&lang=ko&hide=palette,views&play");
});

test("what is unknown, broken or said twice is named; the rest counts", () => {
  const { values, problems } = readLink("#scene=spiral&colour=red&learning_rate=fast&seed=1.5&hide=palette,cellar&lang=ko&lang=en&__proto__=1");
  assert.deepEqual(values, { scene: "spiral", lang: "ko" });
  assert.deepEqual(problems.map(({ name }) => name), ["colour", "learning_rate", "seed", "hide", "lang", "__proto__"]);
  assert.equal(parameterOf("optimizer.learning_rate"), undefined, "one name each");
  assert.equal(parameterOf("optimizer.*"), undefined);
  assert.deepEqual(parameterOf("optimizer.beta1").of, ["training", "optimizer", "beta1"]);
  const address = readAddress({ search: "?utm_source=x&theme=dark&lang=xx", hash: "#theme=light" });
  assert.deepEqual(address.values, { theme: "light" });
  assert.deepEqual(address.problems.map(({ name }) => name), ["lang"], "others' parameters before the # are none of ours");
});

test("a scene in a link comes back; a link that was cut off is refused", async () => {
  const text = JSON.stringify(scene("penguins"));
  const packed = await pack(text);
  assert.equal(await unpack(packed), text);
  assert.ok(packed.length < longest / 4, `${packed.length} characters`);
  assert.equal(readLink(writeLink({ state: packed })).values.state, packed);
  for (const broken of [packed.slice(0, -9), packed.slice(9), "", "AAAA", packed.slice(0, 300) + "AA" + packed.slice(302)])
    await assert.rejects(unpack(broken), undefined, broken.slice(0, 20));
  const bomb = await pack("0".repeat(8 << 20));
  assert.ok(bomb.length < 20000);
  await assert.rejects(unpack(bomb), RangeError);
});

test("a change of settings is written by name, a change of the graph is not", () => {
  const before = scene("spiral");
  const after = structuredClone(before);
  Object.assign(after.training, { optimizer: { name: "Adam", learning_rate: 0.01, beta1: 0.8 }, seed: 5 });
  after.data.noise = 0.1;
  const values = settingsBetween(before, after);
  assert.deepEqual(values, { "data.noise": 0.1, optimizer: "Adam", learning_rate: 0.01, "optimizer.beta1": 0.8, seed: 5 });
  assert.deepEqual(withSettings(before, readLink(writeLink(values)).values), after);
  assert.deepEqual(settingsBetween(before, before), {});
  after.nodes.pop();
  assert.equal(settingsBetween(before, after), undefined);
});

test("every parameter is explained in both languages", () => {
  for (const language of ["en", "ko"]) {
    const texts = JSON.parse(read(`web/languages/${language}.json`));
    for (const { name } of parameters) assert.ok(texts[`shell.link.${name}`], `${language}: ${name}`);
  }
});

test("fuzzed links, and fuzzed scenes in them, throw nothing that is not meant", async () => {
  const random = chance(11);
  const packed = await pack(JSON.stringify(scene("spiral")));
  for (let tried = 0; tried < 4000; tried++) {
    const link = mutated(writeLink(anyLink(random)), random);
    const { values, problems } = readLink(link);
    for (const { name, text } of problems) assert.equal(typeof name + typeof text, "stringstring");
    // What was understood is understood again.
    assert.deepEqual(readLink(writeLink(values)).values, Object.fromEntries(Object.entries(values).filter(([, value]) => value !== false && value?.length !== 0)));
    withSettings(scene("penguins"), values);
    if (tried % 50) continue;
    const broken = mutated(packed, random);
    const text = readLink(`state=${broken}`).values.state;
    if (text) await unpack(text).then((json) => assert.equal(typeof json, "string"), (error) => assert.ok(error instanceof Error));
  }
});
