// Firefox: the sandbox loads, trains, and is a guest in another page, sandboxed or not.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { serve } from "../../web/build/serve.mjs";
import { launchFirefox } from "./browser.mjs";
import { until } from "./hands.mjs";
import { hostPage, listening } from "./hosts.mjs";

const server = await serve(new URL("../../dist/", import.meta.url).pathname);
const browser = await launchFirefox();
after(() => Promise.all([browser.close(), server.close()]));

async function open(address) {
  const page = await (await browser.newContext({ viewport: { width: 1000, height: 700 } })).newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  // Playwright never hears of this Firefox's load event.
  await page.goto(address, { waitUntil: "commit" });
  return { page, errors, close: () => page.context().close() };
}

test("a screen that does not come up is an error with its own words, not a wait", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sandflow-"));
  const screen = join(folder, "Xvfb");
  writeFileSync(screen, "#!/bin/sh\necho no room for a screen >&2\nexit 3\n");
  chmodSync(screen, 0o755);
  const { PATH } = process.env;
  try {
    process.env.PATH = `${folder}:${PATH}`;
    await assert.rejects(launchFirefox(), /\(3\): no room for a screen/);
  } finally {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  }
});

test("Firefox loads, trains and draws", async () => {
  const { page, errors, close } = await open(`${server.url}#scene=spiral&lang=ko`);
  await page.waitForFunction(() => window.sandflow?.state?.nodes?.length > 0);
  const blank = await page.locator("#canvas").screenshot();
  await page.locator("#play").click();
  const { batch_loss: loss } = await until(page, (now) => now.step > 20 && now.playing);
  assert.ok(loss > 0 && loss < 2, `loss ${loss}`);
  const drawn = await page.locator("#canvas").screenshot();
  assert.ok(drawn.length > 8000 && !drawn.equals(blank), "the picture moves");
  assert.deepEqual(errors, []);
  await close();
});

for (const attributes of ["", 'sandbox="allow-scripts"'])
  test(`Firefox trains in a frame of another origin${attributes && `, ${attributes}`}`, async () => {
    const { page, errors, close } = await open(await hostPage({
      script: listening,
      html: `<!doctype html><title>post</title><script src="page.js"></script><iframe src="${server.url}#scene=spiral&play" ${attributes} width="700" height="500"></iframe>`,
    }));
    await page.waitForFunction(() => heard.some(({ type, step, playing }) => type === "state" && playing && step > 20), undefined, { polling: 50 });
    await page.evaluate(() => tell({ type: "set", name: "seed", value: 5 }));
    await page.waitForFunction(() => heard.some(({ settings }) => settings?.seed === 5), undefined, { polling: 50 });
    assert.deepEqual(errors, []);
    await close();
  });
