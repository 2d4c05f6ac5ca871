// Assembles the site: what is in the folder afterwards is exactly what is listed here.
//
// node web/build/site.mjs BUILD_FOLDER SITE_FOLDER
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const [, , build, site] = process.argv;

const parts = [
  ["index.html", "index.html"],
  ["web/shell", "shell"],
  ["web/languages", "languages"],
  ["web/lessons/scenes", "scenes"],
  [join(build, "app.js"), "app/app.js"],
  [join(build, "app.wasm"), "app/app.wasm"],
  [join(build, "fonts"), "fonts"],
  [join(build, "data"), "data"],
  ["engine/module/sandflow.mjs", "engine/sandflow.mjs"],
  ["engine/module/sandflow.d.ts", "engine/sandflow.d.ts"],
  [join(build, "sandflow.wasm"), "engine/sandflow.wasm"],
];

function* filesOf(path) {
  if (!existsSync(path)) return;
  if (statSync(path).isFile()) yield "";
  else for (const name of readdirSync(path)) for (const rest of filesOf(join(path, name))) yield join(name, rest);
}

const sources = new Map();
for (const [from, to] of parts) for (const file of filesOf(from)) sources.set(join(to, file), join(from, file));

for (const file of filesOf(site)) if (!sources.has(file)) rmSync(join(site, file));

for (const [file, source] of sources) {
  const target = join(site, file);
  if (existsSync(target) && readFileSync(target).equals(readFileSync(source))) continue;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
}
