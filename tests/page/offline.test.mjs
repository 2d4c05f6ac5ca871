// Without a network: the site from any folder once it was there, and as one file from a disk.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { unzipSync } from "fflate";
import { serve } from "../../web/build/serve.mjs";
import { codeTogether, serviceWorker } from "../../web/build/offline.mjs";
import { node, until } from "./hands.mjs";
import { openPage } from "./harness.mjs";

const site = new URL("../../dist/", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "sandflow-"));
after(() => rmSync(folder, { recursive: true }));

const trains = async (page) => {
  await page.evaluate(() => window.sandflow.ready);
  await until(page, (now) => now.nodes?.length > 0);
  await page.locator('[data-does="step"]').click();
  await until(page, (now) => now.step === 1);
};

test("from a subfolder of any server: kept at the first visit, without a network afterwards, renewed by the next version", async () => {
  const copy = join(folder, "a course", "sandbox");
  cpSync(site, copy, { recursive: true });
  const server = await serve(folder);
  after(() => server.close());
  const address = `${server.url}a%20course/sandbox/`;
  const { page, context, trouble, close } = await openPage({ address, serviceWorkers: "allow" });
  await trains(page);
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  const kept = await page.evaluate(async () => (await (await caches.open((await caches.keys())[0])).keys()).map(({ url }) => url));
  for (const path of ["scenes/spiral.json", "app/app.wasm", "app/rest.wasm"]) assert.ok(kept.some((url) => url.includes(`/${path}?`)), path);
  assert.equal(kept.some((url) => /sandflow\.html|\.zip|whole\.js/.test(url)), false);

  await context.setOffline(true);
  // What has not been looked at yet is there, too.
  await page.goto(`${address}#scene=spiral`);
  await until(page, (now) => node(now, "hidden"));
  await page.reload();
  await until(page, (now) => now?.nodes && node(now, "hidden"));
  await trains(page);
  await context.setOffline(false);

  // Another version comes: the page says so, and the next load is of it.
  const texts = join(copy, "languages/en.json");
  writeFileSync(texts, readFileSync(texts, "utf8").replace('"shell.play": "Play"', '"shell.play": "Go"'));
  const worker = readFileSync(join(copy, "sw.js"), "utf8");
  const hashes = JSON.parse(/^const files = (.*);\n/.exec(worker)[1]);
  const files = new Map(Object.keys(hashes).map((path) => [path, readFileSync(join(copy, path))]));
  writeFileSync(join(copy, "sw.js"), serviceWorker(files, worker.slice(worker.indexOf("\n") + 1)));
  await page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration()).update()));
  await page.locator(".notice").filter({ hasText: "newer Sandflow" }).waitFor();
  assert.equal(await page.getAttribute("#play", "aria-label"), "Play", "the page that is open stays what it is");
  await page.getByRole("button", { name: "Reload now" }).click();
  await page.waitForFunction(() => document.getElementById("play")?.ariaLabel === "Go");
  await trains(page);
  assert.deepEqual(trouble().filter((line) => !/ERR_INTERNET_DISCONNECTED/.test(line)), []);
  await close();
});

test("code of two versions never meets: it stands in a folder of its content's name, which goes with the version", async () => {
  const built = (rest) => codeTogether(new Map([
    ["index.html", Buffer.from('<link href="shell/style.css"><script src="shell/first.js"></script>')],
    ["shell/style.css", "a"], ["shell/first.js", "b"], ["app/app.wasm", "c"], ["app/rest.wasm", rest], ["scenes/spiral.json", "d"],
  ]));
  const folderOf = (files) => [...files.keys()].find((path) => path.endsWith("app/app.wasm")).slice(0, -"app/app.wasm".length);
  assert.equal(folderOf(built("e")), folderOf(built("e")));
  assert.notEqual(folderOf(built("e")), folderOf(built("f")), "by the second half alone");
  const files = built("e");
  assert.equal(String(files.get("index.html")), `<link href="${folderOf(files)}shell/style.css"><script src="${folderOf(files)}shell/first.js"></script>`);
  assert.ok(files.has("scenes/spiral.json"), "what links name stays where it is");

  const copy = join(folder, "renewed");
  cpSync(site, copy, { recursive: true });
  const server = await serve(copy);
  after(() => server.close());
  const { page, close } = await openPage({ address: server.url });
  await trains(page);
  // As a newer version has it, while the page is open.
  const code = readdirSync(copy).find((name) => name.startsWith("code-"));
  renameSync(join(copy, code), join(copy, "code-0123456789ab"));
  writeFileSync(join(copy, "index.html"), readFileSync(join(copy, "index.html"), "utf8").replaceAll(code, "code-0123456789ab"));
  await page.locator("#share-button").click();
  await page.locator(".notice.error").filter({ hasText: "reload the page" }).waitFor();
  await page.reload();
  await trains(page);
  await page.locator("#share-button").click();
  await page.locator("#share[open]").waitFor();
  await close();
});

for (const file of ["sandflow.html", "index.html"]) {
  test(`${file} opens from a disk and asks nobody for anything`, async () => {
    const address = `${pathToFileURL(join(site, file))}#scene=spiral&lang=ko`;
    const { page, context, trouble, close } = await openPage({ address });
    const asked = [];
    context.on("request", (request) => asked.push(request.url()));
    await page.reload();
    await until(page, (now) => now?.nodes && node(now, "hidden"));
    await trains(page);
    assert.equal(await page.locator("#play").getAttribute("aria-label"), "재생");
    assert.equal(await page.evaluate(() => document.fonts.check('600 16px "Sandflow Text"')), true);
    const outside = asked.filter((url) => !/^(blob|data):/.test(url) && !url.startsWith(String(pathToFileURL(site))));
    assert.deepEqual(outside, []);
    if (file === "sandflow.html") assert.equal(asked.filter((url) => url.startsWith("file:")).length, 1, "one file is all");
    assert.deepEqual(trouble().filter((line) => !line.startsWith("other origin: file:")), []);
    await close();
  });
}

test("the ZIP file is the site", () => {
  const packed = unzipSync(readFileSync(join(site, "sandflow-site.zip")));
  const names = Object.keys(packed);
  assert.ok(names.includes("index.html") && names.some((name) => name.endsWith("/whole.js")) && names.includes("sw.js"));
  for (const name of names) assert.ok(Buffer.from(packed[name]).equals(readFileSync(join(site, name))), name);
  assert.equal(names.includes("sandflow.html") || names.includes("sandflow-site.zip"), false);
});
