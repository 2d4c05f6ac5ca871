// The headless module where pages use it: in a window and in a worker, under the page's own content security policy.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./harness.mjs";

// Builds and runs a graph in whichever realm it stands in.
const program = `async (url) => {
  const { load } = await import(url);
  const sf = await load();
  const g = new sf.Graph({ seed: 1 });
  const y = g.op("MatMul", [g.constant([[1.5, 2]]), [[2], [4]]]);
  const message = (() => {
    try {
      new sf.Session(g).run(g.placeholder("float32", [], "x"));
    } catch (error) {
      return error.name;
    }
  })();
  return [String(new sf.Session(g).run(y)), message];
}`;

const expected = ["[[11.]]", "InvalidArgumentError"];

test("the module runs in a page", async () => {
  const { page, url, trouble, close } = await openPage();
  const ran = await page.evaluate(`(${program})(${JSON.stringify(`${url}engine/sandflow.mjs`)})`);
  assert.deepEqual(ran, expected);
  assert.deepEqual(trouble(), []);
  await close();
});

test("the module runs in a worker", async () => {
  const { page, url, trouble, close } = await openPage();
  const ran = await page.evaluate(
    ({ source, address }) =>
      new Promise((done, failed) => {
        const script = `(${source})(${JSON.stringify(address)}).then(postMessage, (error) => postMessage(String(error)))`;
        const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), { type: "module" });
        worker.onmessage = ({ data }) => done(data);
        worker.onerror = failed;
      }),
    { source: program, address: `${url}engine/sandflow.mjs` },
  );
  assert.deepEqual(ran, expected);
  assert.deepEqual(trouble(), []);
  await close();
});
