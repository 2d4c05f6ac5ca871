// Guards that sandflow.d.ts and the README say what the module does.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "../../dist/engine/sandflow.mjs";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const declarations = read("dist/engine/sandflow.d.ts");

// The names of the members that a class or an interface declares.
function declared(name) {
  const found = declarations.match(new RegExp(`(?:class|interface) ${name}\\b[^{]*{\\n(.*?)\\n}`, "s"));
  assert.ok(found, `${name} is not declared`);
  const members = found[1].matchAll(/^ {2}(?:readonly )?(\w+)\??(?:<.*?>)?[(:]/gm);
  return [...new Set([...members].map((member) => member[1]))].filter((member) => member !== "constructor").sort();
}

function members(object) {
  const names = new Set(Object.keys(object));
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(object))) names.add(name);
  for (const name of ["constructor", "valueOf"]) if (!declared(object.constructor.name).includes(name)) names.delete(name);
  return [...names].sort();
}

const sf = await load();

test("every class has the members that are declared", () => {
  const g = new sf.Graph();
  const variable = g.variable({ initial_value: 1.5 });
  const session = new sf.Session(g);
  session.run(variable.initializer);
  const scene = sf.openScene('{"sandflow": 1, "nodes": []}');
  for (const object of [g, session, variable, variable.ref, variable.initializer, session.run(variable), scene])
    assert.deepEqual(members(object), declared(object.constructor.name), object.constructor.name);
});

test("the module and its data have the members that are declared", () => {
  assert.deepEqual(Object.keys(sf).sort(), declared("Sandflow"));
  const keys = (list) => [...new Set(list.flatMap(Object.keys))].sort();
  assert.deepEqual(keys(sf.operations), declared("OperationType"));
  const optional = (list, name) => assert.deepEqual(keys(list).filter((key) => !declared(name).includes(key)), []);
  assert.deepEqual(keys(sf.functions), declared("FunctionType"));
  optional(sf.operations.flatMap((op) => [...op.inputs, ...op.outputs]), "Argument");
  optional(sf.functions.flatMap((each) => each.inputs), "Argument");
  optional([...sf.operations, ...sf.functions].flatMap((each) => each.attrs), "Attribute");
  for (const list of [sf.optimizers, sf.initializers, sf.datasets]) {
    assert.deepEqual(keys(list), declared("Choice"));
    assert.deepEqual(keys(list.flatMap((choice) => choice.parameters)), declared("Parameter"));
  }
  const scene = sf.openScene(read("web/lessons/scenes/penguins.json"));
  scene.train(40);
  const snapshot = scene.snapshot();
  assert.deepEqual(keys([snapshot]), declared("Snapshot"));
  assert.deepEqual(keys(snapshot.nodes), declared("NodeSnapshot"));
  assert.deepEqual(keys(snapshot.evaluations), declared("Evaluation"));
});

test("what the module exports is declared", async () => {
  const module = await import("../../dist/engine/sandflow.mjs");
  for (const name of Object.keys(module)) assert.match(declarations, new RegExp(`export function ${name}\\b`));
});

test("the README's program prints what the README says", () => {
  const program = read("README.md").match(/```js\n(.*?)```/s)[1];
  const said = [...program.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map((line) => line[1]);
  assert.ok(said.length > 0);
  const root = new URL("../../", import.meta.url).pathname;
  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: root, encoding: "utf8" });
  assert.deepEqual(printed.trimEnd().split("\n"), said);
});
