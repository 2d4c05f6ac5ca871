// Starts the Chromium of this machine, without a window.
import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";

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

export const launch = () =>
  chromium.launch({
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
