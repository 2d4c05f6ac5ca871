// Sharing and embedding: what a link says is what opens, and a sandbox behaves as a guest in somebody else's page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { command, node, until } from "./hands.mjs";
import { openPage, siteUrl } from "./harness.mjs";
import { hostPage, listening } from "./hosts.mjs";

async function open(options) {
  const opened = await openPage(options);
  await opened.page.evaluate(() => window.sandflow.ready);
  await until(opened.page, (now) => now.nodes?.length > 0);
  return opened;
}

// The link that the share dialog gives for what is open.
async function linkOf(page) {
  await page.locator("#share-button").click();
  await page.locator("#share[open]").waitFor();
  const link = await page.locator("#share textarea").first().inputValue();
  await page.keyboard.press("Escape");
  return link;
}

const within = async (what, wanted) => {
  for (const deadline = Date.now() + 20000; ; ) {
    const got = await what();
    if (wanted(got)) return got;
    assert.ok(Date.now() < deadline, `never came: ${wanted}\nlast: ${JSON.stringify(got)?.slice(0, 600)}`);
    await new Promise((done) => setTimeout(done, 25));
  }
};

test("a link holds the settings by name, and a scene of one's own whole", async () => {
  const { page, url, trouble, close } = await open({ query: "#scene=spiral&lang=ko" });
  assert.equal(await page.getAttribute("html", "lang"), "ko");
  await command(page, { do: "set", key: "optimizer.learning_rate", value: 0.03 });
  await command(page, { do: "set", key: "seed", value: 9 });
  await until(page, (now) => now.seed === 9);
  const named = await linkOf(page);
  assert.equal(named.split("#")[1], "scene=spiral&learning_rate=0.03&seed=9");
  await command(page, { do: "edit", edit: "rename", from: "hidden", to: "layer" });
  const before = await until(page, (now) => node(now, "layer"));
  const whole = await linkOf(page);
  assert.match(whole, /#state=[\w-]{400,2000}$/);
  // A link in the address bar of an open page is followed, and nothing is lost.
  await page.evaluate((link) => (location.href = link), named);
  await until(page, (now) => node(now, "hidden") && now.seed === 9);
  assert.equal(await page.locator(".notice .button").count(), 1, "the edited scene can be brought back");
  await close();

  const other = await open({ query: whole.slice(url.indexOf("#") < 0 ? url.length : url.indexOf("#")) });
  const after = await until(other.page, (now) => node(now, "layer"));
  assert.deepEqual(after.nodes.map(({ name, type, value }) => [name, type, value]), before.nodes.map(({ name, type, value }) => [name, type, value]));
  assert.equal(after.optimizer.parameters.learning_rate, 0.03);
  assert.deepEqual([...trouble(), ...other.trouble()], []);
  await other.close();
});

test("what no link holds is offered as a file", async () => {
  const { page, close } = await open({ query: "#scene=penguins" });
  let noise = 1;
  const rows = Array.from({ length: 1500 }, (_, i) => `${(noise = (noise * 48271) % 2147483647)},${i % 2}`);
  const own = { features: ["x"], label: "y", predicts: "class", csv: `x,y\n${rows.join("\n")}\n` };
  await command(page, { do: "open", text: JSON.stringify({ sandflow: 1, data: { name: "own" }, own, nodes: [] }) });
  await until(page, (now) => now.nodes.length === 0);
  await page.locator("#share-button").click();
  const link = page.locator("#share [role=tabpanel]:visible");
  await link.getByText("too many").waitFor();
  assert.equal(await link.locator("textarea:visible").count(), 0);
  const saved = page.waitForEvent("download");
  await link.getByRole("button", { name: "Save" }).click();
  assert.match((await saved).suggestedFilename(), /\.json$/);

  // Beside it: a browser that would install the app is asked only when the reader asks.
  assert.equal(await page.getByRole("button", { name: "Install" }).count(), 0);
  await page.evaluate(() => {
    const event = new Event("beforeinstallprompt", { cancelable: true });
    dispatchEvent(Object.assign(event, { prompt: () => (window.asked = event.defaultPrevented) }));
  });
  await page.getByRole("tab", { name: "Offline" }).click();
  await page.getByRole("button", { name: "Install" }).click();
  assert.equal(await page.evaluate(() => window.asked), true);
  await close();
});

test("a broken link says what it does not know, and opens the rest", async () => {
  const { page, trouble, close } = await open({ query: "#scene=spiral&colour=red&seed=-1&lesson=nowhere&optimizer=Magic&state=AAAA&hide=views" });
  const notice = page.locator(".notice.error").filter({ hasText: "colour=red" });
  await notice.waitFor();
  for (const part of ["seed=-1", "lesson=nowhere", "optimizer=Magic", "state"]) assert.match(await notice.textContent(), new RegExp(part));
  const now = await until(page, (latest) => node(latest, "hidden"));
  assert.equal(now.optimizer.name, "Momentum");
  await page.locator("#play").click();
  await until(page, (latest) => latest.step > 0);
  assert.deepEqual(trouble().filter((line) => !/lesson|404/.test(line)), []);
  await close();
});

test("a link trains to its step, hides its parts and uses its colours", async () => {
  const { page, close } = await open({ query: "#scene=penguins&steps=25&hide=header,settings,palette&theme=dark" });
  const now = await until(page, ({ step }) => step === 25);
  assert.equal(now.playing, false);
  assert.equal(await page.getAttribute("html", "data-theme"), "dark");
  assert.equal(await page.locator(".header").isVisible() || await page.locator("#settings-bar").isVisible(), false);
  // The palette is the app's: its key opens nothing.
  await page.locator("#canvas").focus();
  await page.keyboard.press("n");
  await command(page, { do: "step" });
  await until(page, ({ step }) => step === 26);
  assert.equal(await page.locator("#overlay:not([hidden])").count(), 0);
  await close();
});

test("the embed dialog writes the line that it previews", async () => {
  // Under Playwright, a sandboxed frame of a page that has a service worker is never loaded; and its own way to block
  // them fails in such a frame.
  const before = () => self.origin === "null" || (navigator.serviceWorker.register = () => Promise.reject(new Error("not here")));
  const { page, url, trouble, close } = await open({ locale: "ko-KR", query: "#scene=penguins", serviceWorkers: "allow", before });
  await page.locator("#share-button").click();
  await page.getByRole("tab", { name: "삽입" }).click();
  await page.getByLabel("색").last().selectOption("dark");
  await page.getByLabel("머리 줄").check();
  await page.getByLabel("격리").check();
  const line = await page.locator(".share-embed textarea").inputValue();
  assert.match(line, /^<iframe src="[^"]*#scene=penguins&amp;theme=dark&amp;hide=header" title="[^"]+" width="100%" height="\d+" loading="lazy" sandbox="allow-scripts" style="border: 0"><\/iframe>$/);
  assert.ok(line.includes(new URL("./", url.split("#")[0]).href));
  const preview = () => page.frames().find((frame) => /theme=dark&hide=header/.test(frame.url()));
  const seen = () => preview()?.evaluate(() => [self.origin, window.sandflow?.state?.nodes?.length > 0]).catch(() => {});
  await within(seen, (now) => now?.[0] === "null" && now[1]);
  assert.equal(await preview().locator(".header").isVisible(), false);
  await page.getByLabel("종류").selectOption("element");
  assert.match(await page.locator(".share-embed textarea").inputValue(), /^<script src="[^"]+embed\/sandflow-sandbox.js" async><\/script>\n<sandflow-sandbox src="#scene=penguins/);
  // The keyboard leads out, and the preview ends with the dialog.
  await page.keyboard.press("Escape");
  await within(() => page.frames().length, (count) => count === 1);
  // A preview that makes way for the next one loses what it was loading.
  assert.deepEqual(trouble().filter((line) => !/ERR_ABORTED|Failed to load '[^']*rest\.wasm'/.test(line)), []);
  await close();
});

test("in a sandboxed frame of a strict page of another origin it trains, answers, and minds the page's manners", async () => {
  const site = await siteUrl();
  const address = await hostPage({
    policy: `default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-src ${new URL(site).origin}`,
    script: listening,
    html: `<!doctype html><title>post</title><script src="page.js"></script><body style="margin: 0; height: 4000px"><input id="field" autofocus>
      <iframe src="${site}#scene=spiral&speed=0.9&play" sandbox="allow-scripts" width="700" height="500" style="border: 0; display: block"></iframe>`,
  });
  const { page, trouble, close } = await openPage({ address, serviceWorkers: "allow" });
  const of = (type) => page.evaluate((wanted) => heard.filter((message) => message.type === wanted), type);
  const last = (type, wanted) => within(async () => (await of(type)).at(-1), (message) => message && wanted(message));
  await last("state", ({ step, playing }) => playing && step > 50);
  assert.equal((await of("ready")).length, 1);
  assert.ok((await of("height")).at(-1).height >= 400);
  assert.equal(await page.evaluate(() => document.activeElement.id), "field", "the reader's focus stays where it was");
  await page.keyboard.press(" ");
  assert.equal(await page.inputValue("#field"), " ", "and so do the keys");

  // The wheel is the article's, until the canvas is clicked.
  await page.mouse.move(350, 250);
  await page.mouse.wheel(0, 200);
  await within(() => page.evaluate(() => scrollY), (y) => y === 200);
  await page.evaluate(() => scrollTo(0, 0));
  await page.mouse.click(350, 200);
  await page.mouse.wheel(0, 200);
  await page.evaluate(() => tell({ type: "pause", id: 1 }));
  await last("state", ({ playing }) => !playing);
  assert.equal(await page.evaluate(() => scrollY), 0, "then it zooms");

  // Questions and orders.
  await page.evaluate(() => {
    tell({ type: "reset" });
    tell({ type: "set", name: "learning_rate", value: 0.02 });
    tell({ type: "step", count: 5 });
  });
  const stepped = await last("state", ({ step, settings }) => step === 5 && settings.learning_rate === 0.02);
  assert.equal(stepped.playing, false);
  await page.evaluate(() => tell({ type: "get-state", id: "whole" }));
  const whole = await last("state", ({ id }) => id === "whole");
  assert.equal(whole.link, "scene=spiral&learning_rate=0.02");
  assert.equal(whole.scene.nodes.length, 19);
  await page.evaluate(() => tell({ type: "screenshot", id: 2 }));
  assert.match((await last("screenshot", ({ id }) => id === 2)).picture, /^data:image\/png;base64,.{5000}/);
  await page.evaluate(() => tell({ type: "load", link: "scene=penguins&seed=4", id: 3 }));
  assert.equal((await last("state", ({ id }) => id === 3)).settings.seed, 4);
  await page.evaluate(() => tell({ type: "fly", id: 4 }));
  assert.match((await last("error", ({ id }) => id === 4)).text, /no message "fly"/);
  await page.evaluate(() => tell({ type: "load", scene: { sandflow: 1, nodes: [{ name: 3 }] }, id: 5 }));
  assert.match((await last("error", ({ id }) => id === 5)).text, /refused/);

  // Digits are heavy, and come when they are chosen: once, however often that is.
  const digits = [];
  page.context().on("request", (request) => /mnist/.test(request.url()) && digits.push(request.url()));
  await page.evaluate(() => {
    tell({ type: "set", name: "data", value: "mnist" });
    tell({ type: "set", name: "data", value: "mnist" });
  });
  await last("state", ({ settings }) => settings.data === "mnist");
  assert.equal(digits.length, 1);
  await page.evaluate(() => tell({ type: "load", link: "scene=spiral", id: 6 }));
  await last("state", ({ id }) => id === 6);

  // Out of sight it rests.
  await page.evaluate(() => tell({ type: "play" }));
  await last("state", ({ playing }) => playing);
  await page.evaluate(() => scrollTo(0, 3000));
  const count = async () => (await of("state")).length;
  await within(async () => { const before = await count(); await page.waitForTimeout(300); return (await count()) - before; }, (more) => more === 0);
  await page.evaluate(() => scrollTo(0, 0));
  const rested = (await of("state")).at(-1).step;
  await last("state", ({ step }) => step > rested);
  assert.deepEqual(trouble(), []);
  await close();
});

test("in an embed as wide as a blog, no node lies below what floats on the canvas", async () => {
  const site = await siteUrl();
  const embed = (size) => `<iframe src="${site}#scene=penguins&hide=views,header" ${size}></iframe>`;
  const address = await hostPage({ html: `<!doctype html>${['width="700" height="480"', 'width="640" height="420"'].map(embed).join("<br>")}` });
  const { page, close } = await openPage({ address, serviceWorkers: "allow", height: 1000 });
  for (const frame of page.frames().slice(1)) {
    await frame.waitForFunction(() => window.sandflow?.state?.spots?.some(({ id }) => id === "add"));
    const { nodes, spots } = await frame.evaluate(() => window.sandflow.state);
    const floating = spots.filter(({ id }) => id === "add" || id === "zoom");
    assert.equal(floating.length, 2);
    // Both are 32 px high, and more than 80 px wide.
    const covers = ({ x, y }) => (node) => node.x < x + 40 && x - 40 < node.x + node.width && node.y < y + 16 && y - 16 < node.y + node.height;
    assert.deepEqual(floating.flatMap((spot) => nodes.filter(covers(spot))).map(({ name }) => name), []);
  }
  await close();
});

test("a lesson in an article tells when its goal is met", async () => {
  const site = await siteUrl();
  const address = await hostPage({ script: listening, html: `<!doctype html><script src="page.js"></script><iframe src="${site}#lesson=gradient_descent&step=2" width="1000" height="700"></iframe>` });
  const { page, trouble, close } = await openPage({ address, serviceWorkers: "allow" });
  await page.frameLocator("iframe").locator('#lesson-body[data-step="1"] .goal').waitFor();
  await page.evaluate(() => {
    tell({ type: "set", name: "learning_rate", value: 0.4 });
    tell({ type: "reset" });
    tell({ type: "step", count: 4 });
  });
  const met = await within(() => page.evaluate(() => heard.find(({ type }) => type === "goal-met")), Boolean);
  assert.deepEqual(met, { sandflow: 1, type: "goal-met", lesson: "gradient_descent", step: 2 });
  assert.deepEqual(trouble(), []);
  await close();
});

const sandbox = (attributes) => `<sandflow-sandbox ${attributes}></sandflow-sandbox>`;
const elementHost = async (body, extra = "") => {
  const site = await siteUrl();
  const { origin } = new URL(site);
  return hostPage({
    policy: `default-src 'none'; script-src 'self' ${origin}; frame-src ${origin}; img-src data:`,
    script: `const sandboxes = () => [...document.querySelectorAll("sandflow-sandbox")]; ${extra}`,
    html: `<!doctype html><html lang="ko"><title>post</title><body><script src="page.js"></script><script src="${site}embed/sandflow-sandbox.js" async></script>${body}`,
  });
};
const frameOf = (page, part) => page.frames().find((frame) => frame.url().includes(part));
const statesOf = (page) => page.frames().slice(1).map((frame) => frame.evaluate(() => window.sandflow?.state && { ...window.sandflow.state, nodes: undefined }).catch(() => undefined));

test("the custom element waits to be near, shows a picture, takes its height, and shares what it is told to", async () => {
  const far = `${"<p>이야기가 이어진다.</p>".repeat(120)}${sandbox(`src="#scene=penguins" poster="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"`)}${sandbox(`src="#scene=spiral&theme=dark" poster="data:image/png;base64,AAAA" loading="click"`)}`;
  const address = await elementHost(`${sandbox(`src="#scene=spiral" link="pair" shares="seed play"`)}${sandbox(`src="#scene=penguins&hide=views" link="pair" shares="seed play"`)}${far}`);
  const { page, trouble, close } = await openPage({ address, serviceWorkers: "allow" });
  const [one, two] = await within(async () => (await Promise.all(statesOf(page))).filter(Boolean), (states) => states.length === 2);
  assert.deepEqual([one.seed, two.seed], [1, 1]);
  const heights = await within(() => page.evaluate(() => sandboxes().map((each) => each.offsetHeight)), ([first]) => first !== 480 + 2);
  assert.ok(heights[0] > 350 && heights[0] < 900, `${heights}`);
  assert.equal(await frameOf(page, "#scene=spiral").evaluate(() => document.documentElement.lang), "ko", "the language of the text around it");
  assert.equal(await page.evaluate(() => sandboxes()[2].shadowRoot.querySelector("iframe")), null, "nothing is loaded for what is far below");
  const posters = await page.evaluate(() => sandboxes().slice(2).map((each) => {
    const poster = each.shadowRoot.querySelector(".poster");
    return [Boolean(poster.querySelector("img[src]")), getComputedStyle(poster).colorScheme];
  }));
  assert.deepEqual(posters, [[true, "light dark"], [false, "dark"]], "a picture that is not there shows no sign of it; the colours are the sandbox's");

  await page.evaluate(() => sandboxes()[0].send({ type: "set", name: "seed", value: 12 }));
  await within(() => Promise.all(statesOf(page)), (states) => states.every(({ seed }) => seed === 12));
  // Both in sight: out of it, neither trains.
  await page.setViewportSize({ width: 1280, height: 2000 });
  await frameOf(page, "#scene=spiral").locator("#play").click();
  await within(() => Promise.all(statesOf(page)), (states) => states.every(({ playing, step }) => playing && step > 0));

  await page.evaluate(() => sandboxes()[2].scrollIntoView());
  await within(async () => (await Promise.all(statesOf(page))).length, (count) => count === 3);
  await within(() => page.evaluate(() => sandboxes()[2].shadowRoot.querySelector(".poster").hidden), Boolean);
  assert.deepEqual(trouble(), []);
  await close();
});

test("twelve on one page: each can be used, and those out of sight give up their WebGL", async () => {
  const address = await elementHost(Array.from({ length: 12 }, (_, i) => sandbox(`src="#scene=${i % 2 ? "spiral" : "penguins"}&hide=views,header&seed=${i}" height="420"`)).join("<p>그리고</p>"));
  const { page, trouble, close } = await openPage({ address, serviceWorkers: "allow", height: 700 });
  const numbered = (which) => frameOf(page, `seed=${which}&`);
  for (let i = 0; i < 12; i++) {
    await page.evaluate((which) => sandboxes()[which].scrollIntoView({ block: "center" }), i);
    const play = page.locator("sandflow-sandbox").nth(i).frameLocator("iframe").locator("#play");
    await play.click();
    await within(() => numbered(i).evaluate(() => window.sandflow.state.step), (step) => step > 0);
  }
  const isLost = (frame) => frame.evaluate(() => new Promise((done) => {
    window.sandflow.worker.addEventListener("message", ({ data }) => data.type === "frames" && done(data.lost));
    window.sandflow.worker.postMessage({ type: "count-frames" });
  }));
  for (let i = 0; i < 10; i++) await within(() => isLost(numbered(i)), Boolean);
  assert.equal(await isLost(numbered(11)), false);
  // The first one comes back with its picture, and goes on.
  await page.evaluate(() => sandboxes()[0].scrollIntoView({ block: "center" }));
  const frame = numbered(0);
  const { step } = await frame.evaluate(() => window.sandflow.state);
  await within(() => frame.evaluate(() => window.sandflow.state.step), (now) => now > step);
  await frame.locator("#canvas").screenshot().then((picture) => assert.ok(picture.length > 8000, `a picture of ${picture.length} bytes`));
  assert.deepEqual(trouble().filter((line) => !/CONTEXT_LOST|context lost/i.test(line)), []);
  await close();
});

test("with less motion wished for, nothing starts by itself in an article", async () => {
  const site = await siteUrl();
  const address = await hostPage({ script: listening, html: `<!doctype html><script src="page.js"></script><iframe src="${site}#scene=spiral&play" width="700" height="500"></iframe>` });
  const { page, close } = await openPage({ address, serviceWorkers: "allow", reducedMotion: "reduce" });
  await within(() => page.evaluate(() => heard.some(({ type }) => type === "ready")), Boolean);
  await page.evaluate(() => tell({ type: "get-state", id: 1 }));
  const now = await within(() => page.evaluate(() => heard.find(({ id }) => id === 1)), Boolean);
  assert.deepEqual([now.playing, now.step], [false, 0]);
  await close();
});
