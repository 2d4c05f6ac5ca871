// Starts the benchmark in Chromium, in Node, or natively without the JavaScript contestants.
//
// node tests/bench/run.mjs [chromium|node|native…] [W1…W6|products|curves…]
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { serve } from "../../web/build/serve.mjs";
import { launch } from "../page/browser.mjs";
import { bench } from "./bench.mjs";
import { startModule, startProcess } from "./contestants.mjs";

const root = new URL("../../", import.meta.url);
const wasm = "build/web-release/sandflow_bench.wasm";

const hosts = {
  async chromium(parts) {
    const server = await serve(root.pathname);
    const browser = await launch();
    try {
      const page = await browser.newPage();
      page.on("console", (message) => console.log(message.text()));
      page.on("pageerror", (error) => console.error(error));
      await page.goto(`${server.url}tests/bench/page.html`);
      console.log(await page.evaluate(() => navigator.userAgent));
      return await page.evaluate(inPage, { wasm: server.url + wasm, parts });
    } finally {
      await browser.close();
      await server.close();
    }
  },

  async node(parts) {
    console.log(`Node ${process.version}`);
    const require = createRequire(import.meta.url);
    const tf = require("@tensorflow/tfjs-core");
    require("@tensorflow/tfjs-layers"); // Brings the gradients, which the core's bundle leaves out.
    require("@tensorflow/tfjs-backend-cpu");
    require("@tensorflow/tfjs-backend-wasm");
    const libraries = { tf, convnetjs: require("convnetjs") };
    return bench(await startModule(await readFile(new URL(wasm, root))), libraries, parts, console.log);
  },

  async native(parts) {
    const half = await startProcess(new URL("build/native-release/sandflow_bench", root).pathname);
    return bench(half, undefined, parts, console.log);
  },
};

async function inPage({ wasm, parts }) {
  const [{ bench }, { startModule }] = await Promise.all([import("./bench.mjs"), import("./contestants.mjs")]);
  const { tf, convnetjs } = globalThis;
  tf.wasm.setWasmPaths(new URL("../../node_modules/@tensorflow/tfjs-backend-wasm/dist/", location.href).href);
  const half = await startModule(await (await fetch(wasm)).arrayBuffer());
  return bench(half, { tf, convnetjs }, parts, console.log);
}

const args = process.argv.slice(2);
const chosen = args.filter((argument) => hosts[argument]);
const parts = args.filter((argument) => !hosts[argument]);
let agree = true;
for (const host of chosen) {
  console.log(`\n=== ${host}, ${cpus()[0].model}`);
  agree = (await hosts[host](parts)) && agree;
}
process.exit(agree ? 0 : 1);
