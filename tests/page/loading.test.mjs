// What a visit costs: the bytes before the first frame, what is fetched only when it is needed, and the time that an
// article's own thread gives to the sandboxes on it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { firstLoad } from "../../web/build/sizes.mjs";
import { command, until } from "./hands.mjs";
import { openPage, siteUrl } from "./harness.mjs";

const site = new URL("../../dist/", import.meta.url).pathname;

const isRest = (path) => path.endsWith("/rest.wasm");

// The site again, on a line that loses the second half of the app at the first try. Tells what it was asked for.
async function lossySite() {
  const origin = await siteUrl();
  const asked = [];
  const server = createServer(async (request, response) => {
    const path = request.url.slice(1) || "index.html";
    asked.push(path);
    if (isRest(path) && asked.filter(isRest).length === 1) return response.writeHead(503).end();
    const answer = await fetch(origin + path);
    response.writeHead(answer.status, { "Content-Type": answer.headers.get("Content-Type") });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  after(() => (server.close(), server.closeAllConnections()));
  return { address: `http://127.0.0.1:${server.address().port}/`, asked };
}

test("a first visit loads at most 700 kB; the rest of the app comes later, and is there for who needs it", async () => {
  const { address, asked } = await lossySite();
  const { page, close } = await openPage({ address });
  await until(page, (now) => now.nodes?.length > 0);
  await page.locator('[data-does="step"]').click();
  await until(page, (now) => now.step === 1);
  for (const deadline = Date.now() + 20_000; !asked.some(isRest); await page.waitForTimeout(10))
    assert.ok(Date.now() < deadline, "the rest was never asked for");
  const first = asked.slice(0, asked.findIndex(isRest));
  const packed = [...new Set(first)].reduce((sum, path) => sum + gzipSync(readFileSync(site + path), { level: 9 }).length, 0);
  assert.ok(first.some((path) => path.endsWith("/app.wasm")) && packed <= 700_000, `${packed} bytes`);
  assert.ok(firstLoad(site).packed <= 700_000, "as ./dev build says it");

  // Never loaded so far: what is not in the first half is fetched by who calls it.
  await command(page, { do: "open", text: readFileSync(`${site}scenes/vanishing.json`, "utf8") });
  await command(page, { do: "set", key: "optimizer", value: "Adam" });
  await command(page, { do: "train", steps: 3 });
  await until(page, (now) => now.step === 3 && now.optimizer.name === "Adam");
  assert.ok(asked.filter(isRest).length >= 2, "asked for again");
  await close();
});

test("three that train leave an article's thread its time: under 4 ms of each 1/60 s", async () => {
  const origin = await siteUrl();
  const frame = (scene) => `<iframe src="${origin}#scene=${scene}&play&speed=1" width="1100" height="300"></iframe>`;
  // On the site's own origin, where all share the article's thread.
  const { page, context, close } = await openPage({ width: 1200, height: 1000 });
  await page.setContent(["penguins", "spiral", "vanishing"].map(frame).join("<p>…</p>"));
  const frames = () => page.frames().slice(1);
  for (const each of frames()) await until(each, (now) => now.playing && now.step > 20);
  const session = await context.newCDPSession(page);
  // The processor's time, not the clock's: whoever else is busy here does not count.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  const before = await busy();
  const count = await page.evaluate(() => new Promise((done) => {
    let frames = 0;
    const began = performance.now();
    const next = () => (performance.now() - began < 3000 ? (++frames, requestAnimationFrame(next)) : done(frames));
    requestAnimationFrame(next);
  }));
  // Where graphics are software, frames come late; the thread's share is that of a screen of 60 frames a second.
  const used = (await busy()) - before;
  const share = used / (3 * 60);
  console.log(`an article with three that train: its thread is busy ${share.toFixed(2)} ms in 1/60 s, ${(used / count).toFixed(2)} ms in each of ${count} frames`);
  for (const each of frames()) assert.ok((await each.evaluate(() => window.sandflow.state)).playing);
  assert.ok(share < 4, `${share} ms in 1/60 s`);
  await close();
});
