// Opens the built page in a real Chromium and keeps account of everything a page test should find empty.
import { execFileSync } from "node:child_process";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { serve } from "../../web/build/serve.mjs";

const site = new URL("../../dist/", import.meta.url).pathname;

function findBrowser() {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // Not this one.
    }
  }
  throw new Error("no Chromium on PATH");
}

// One browser and one server for all the tests of a process; both stop when the last test has ended.
let started;
function start() {
  started ??= (async () => {
    const server = await serve(site);
    const browser = await chromium.launch({
      executablePath: findBrowser(),
      headless: false, // Playwright's own flag for headless is the old mode, whose WebGL differs.
      args: [
        "--headless=new",
        ...(process.getuid() === 0 ? ["--no-sandbox"] : []),
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
        "--disable-gpu-sandbox",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-quic",
      ],
    });
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
} = {}) {
  const { server, browser } = await start();
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    locale,
    hasTouch,
    deviceScaleFactor,
    reducedMotion,
  });
  const page = await context.newPage();
  const seen = [];
  page.on("console", (message) => message.type() === "error" && seen.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => seen.push(`error: ${error.stack ?? error}`));
  page.on("requestfailed", (request) => seen.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => response.status() >= 400 && seen.push(`${response.status()}: ${response.url()}`));
  context.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.url))
      seen.push(`other origin: ${request.url()}`);
  });
  const url = server.url + query;
  await page.goto(url);
  return { page, context, url, trouble: () => [...seen], close: () => context.close() };
}
