// Starts the Chromium of this machine, without a window, or its Firefox, with one that nobody sees.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import playwright, { chromium } from "playwright-core";

function find(...names) {
  for (const name of names) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // Not this one.
    }
  }
  throw new Error(`not on PATH: ${names[0]}`);
}

// Chromium heeds only the last list of features to do without: hence Playwright's again, with the pages that stand behind
// the address bar of every window, which nobody sees and which cost a third of opening one.
const require = createRequire(import.meta.url);
const { chromiumSwitches } = require(join(dirname(require.resolve("playwright-core/package.json")), "lib/server/chromium/chromiumSwitches.js"));
const without = `${chromiumSwitches().find((each) => each.startsWith("--disable-features="))},WebUIOmniboxPopup,WebUIOmniboxAimPopup`;

export const launch = () =>
  chromium.launch({
    executablePath: find("chromium", "chromium-browser", "google-chrome"),
    headless: false, // Playwright's own flag for headless is the old mode, whose WebGL differs.
    args: [
      "--headless=new",
      ...(process.getuid() === 0 ? ["--no-sandbox"] : []),
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--disable-gpu-compositing", // WebGL is software either way; the page around it is then put together without it, at half the cost.
      without,
      "--disable-gpu-sandbox",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--disable-quic",
    ],
  });

// Firefox as it is published, by WebDriver BiDi: Playwright's other way needs a Firefox of its own. Without a screen it has
// no WebGL, hence a screen in memory.
export async function launchFirefox() {
  const screen = spawn(find("Xvfb"), ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
  let said = "";
  screen.stderr.on("data", (text) => (said += text));
  const [display] = await Promise.race([
    once(screen.stdio[3], "data"),
    once(screen, "close").then(([code, signal]) => {
      throw new Error(`Xvfb ended (${code ?? signal}): ${said.trim() || "it said nothing"}`);
    }),
  ]);
  const browser = await playwright._bidiFirefox.launch({
    executablePath: find("firefox-esr", "firefox"),
    headless: false,
    env: { ...process.env, DISPLAY: `:${String(display).trim()}`, LIBGL_ALWAYS_SOFTWARE: "1" },
    firefoxUserPrefs: { "webgl.force-enabled": true },
  }).catch((error) => {
    screen.kill();
    throw error;
  });
  browser.on("disconnected", () => screen.kill());
  return browser;
}
