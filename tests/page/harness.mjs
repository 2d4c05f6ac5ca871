// Opens the built page in a real Chromium and keeps account of everything a page test should find empty.
import { after } from "node:test";
import { serve } from "../../web/build/serve.mjs";
import { launch } from "./browser.mjs";

const site = new URL("../../dist/", import.meta.url).pathname;

// One browser and one server for all the tests of a process; both stop when the last test has ended.
let started;
function start() {
  started ??= (async () => {
    const server = await serve(site);
    const browser = await launch();
    return { server, browser };
  })();
  return started;
}

after(async () => {
  if (!started) return;
  const { server, browser } = await started;
  await browser.close();
  await server.close();
});

export const siteUrl = async () => (await start()).server.url;

// `address`: another page than the site's, in which the site may be embedded; `before`: what runs in every frame first.
// Returns { page, context, url, trouble, close }; `trouble()` lists, in the page's words, the console errors, uncaught
// errors, failed requests and requests to other origins seen so far: a healthy page has none.
export async function openPage({
  width = 1280,
  height = 800,
  colorScheme = "light",
  locale = "en-US",
  hasTouch = false,
  deviceScaleFactor = 1,
  reducedMotion = "no-preference",
  query = "",
  address,
  serviceWorkers = "block",
  before,
} = {}) {
  const { server, browser } = await start();
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    locale,
    hasTouch,
    deviceScaleFactor,
    reducedMotion,
    serviceWorkers,
  });
  if (before) await context.addInitScript(before);
  const page = await context.newPage();
  const seen = [];
  page.on("console", (message) => message.type() === "error" && seen.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => seen.push(`error: ${error.stack ?? error}`));
  page.on("requestfailed", (request) => seen.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => response.status() >= 400 && seen.push(`${response.status()}: ${response.url()}`));
  context.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && ![server.url, address].some((ours) => ours && request.url().startsWith(ours)))
      seen.push(`other origin: ${request.url()}`);
  });
  const url = address ?? server.url + query;
  await page.goto(url);
  return { page, context, url, trouble: () => [...seen], close: () => context.close() };
}
