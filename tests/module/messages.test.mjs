// Messages from around an embed: what is right is understood, what is wrong gets an answer, nothing throws.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parameters } from "../../web/shell/link.js";
import { incoming, outgoing, readMessage, readSetting, version } from "../../web/shell/messages.js";
import { chance, mutated } from "./chance.mjs";

const good = {
  play: {}, pause: {}, reset: {}, "get-state": { id: "q" },
  step: { count: 10 },
  set: { name: "learning_rate", value: 0.1 },
  load: { link: "scene=spiral" },
  screenshot: { kind: "svg", id: 3 },
};

test("every message of the table is understood, with its fields and nothing else", () => {
  for (const type of Object.keys(incoming)) {
    const { message, error } = readMessage({ sandflow: version, type, ...good[type], more: 1 });
    assert.deepEqual([message, error], [{ type, ...good[type] }, undefined], type);
  }
  assert.equal(readSetting("seed", "7"), 7);
  assert.equal(readSetting("optimizer.beta1", 0.8), 0.8);
});

test("what is no message of ours is passed over, what is wrong is answered", () => {
  for (const other of [null, 1, "play", [], {}, { type: "play" }, new Map(), { sandflow: version, type: "state" }]) assert.deepEqual(readMessage(other), {});
  const wrong = (message) => readMessage({ sandflow: version, id: 9, ...message });
  for (const [message, words] of [
    [{ sandflow: 2, type: "play" }, /version 1, not 2/],
    [{ type: "fly" }, /no message "fly"/],
    [{ type: "constructor" }, /no message/],
    [{}, /no message undefined/],
    [{ type: "step", count: 0 }, /step: count cannot be 0/],
    [{ type: "set", value: 1 }, /name is missing/],
    [{ type: "set", name: "lang", value: "ko" }, /name cannot be "lang"/],
    [{ type: "set", name: "seed", value: 1.5 }, /value cannot be 1.5/],
    [{ type: "set", name: "seed", value: 2n }, /value cannot be bigint/],
    [{ type: "load" }, /either link or scene/],
    [{ type: "load", scene: [] }, /scene cannot be \[\]/],
    [{ type: "screenshot", kind: "gif" }, /kind cannot be "gif"/],
  ]) {
    const { error, id } = wrong(message);
    assert.match(error ?? "", words);
    assert.equal(id, 9);
  }
});

test("fuzzed messages throw nothing", () => {
  const random = chance(3);
  const circle = {};
  circle.self = circle;
  const odd = () => random.of([undefined, null, NaN, -1, 1e9, "", "x".repeat(1e5), [], {}, circle, 3n, true, Symbol.iterator.toString(), new Date(0), new Uint8Array(2), Object.create(null)]);
  const names = ["sandflow", "type", "id", "count", "name", "value", "link", "scene", "kind", "__proto__"];
  for (let tried = 0; tried < 10000; tried++) {
    const type = random.of(Object.keys(incoming));
    const message = { sandflow: version, type, ...good[type] };
    for (let times = random.below(4); times > 0; times--) message[random.of(names)] = random.maybe(0.5) ? odd() : random.of(parameters).name;
    if (random.maybe(0.2)) message.type = mutated(type, random);
    const read = readMessage(random.maybe(0.05) ? odd() : message);
    assert.ok(Object.keys(read).length === 0 || (read.message === undefined) !== (read.error === undefined));
    if (read.error) assert.ok(read.error.length < 200);
    else if (read.message) assert.ok(Object.hasOwn(incoming, read.message.type));
  }
});

test("the README tells of every message and parameter", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const texts = JSON.parse(readFileSync(new URL("../../web/languages/en.json", import.meta.url), "utf8"));
  const plain = (text) => text.replaceAll("`", "");
  const rows = plain(readme);
  for (const [name, { help }] of [...Object.entries(incoming), ...Object.entries(outgoing)]) assert.ok(rows.includes(`| ${name} |`) && rows.includes(plain(help)), name);
  for (const { name } of parameters) assert.ok(rows.includes(`| ${name} |`) && rows.includes(texts[`shell.link.${name}`]), name);
});
