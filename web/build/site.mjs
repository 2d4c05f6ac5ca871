// Assembles the site: what is in the folder afterwards is exactly what is listed here.
//
// node web/build/site.mjs BUILD_FOLDER SITE_FOLDER
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildLessons } from "./lessons.mjs";
import { codeTogether, icon, scriptsApart, serviceWorker, singleFile, wholeScript, zip } from "./offline.mjs";
import { minified } from "./minified.mjs";

const [, , build, site] = process.argv;

buildLessons(join(build, "lessons"));

const parts = [
  ["index.html", "index.html"],
  ["web/shell", "shell"],
  ["web/languages", "languages"],
  ["web/lessons/scenes", "scenes"],
  [join(build, "lessons"), "lessons"],
  ["web/embed", "embed"],
  ["web/offline/manifest.webmanifest", "manifest.webmanifest"],
  ["web/offline/logo.svg", "icons/logo.svg"],
  [join(build, "app.js"), "app/app.js"],
  [join(build, "split/app.wasm"), "app/app.wasm"],
  [join(build, "split/rest.wasm"), "app/rest.wasm"],
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

const files = new Map();
for (const [from, to] of parts) for (const file of filesOf(from)) files.set(join(to, file), readFileSync(join(from, file)));
for (const size of [180, 192, 512]) files.set(`icons/${size}.png`, await icon(files.get("icons/logo.svg"), size));

// Served as few files: the page's modules are one, and what is not needed at once is another.
const isSource = (path) => /^shell\/.*\.(js|css)$/.test(path);
const shell = await minified([...files.keys()].filter(isSource));
for (const path of [...files.keys()].filter(isSource)) files.delete(path);
for (const [path, content] of shell) files.set(path, content);

// One script is there all at once, so it has the app undivided.
const undivided = new Map([...files, ["app/app.wasm", readFileSync(join(build, "app.wasm"))]]);
const script = await wholeScript(undivided, { apart: true });
const lonely = await wholeScript(undivided, { apart: false });
const together = codeTogether(new Map([...files, ["app/whole.js", script]]));
// A page that is kept for later is never one without a server: it needs neither its script nor what that leaves out.
const kept = new Map([...together].filter(([path]) => !path.endsWith("/whole.js")));
const worker = serviceWorker(kept, readFileSync("web/offline/sw.js", "utf8"));
const served = new Map([...together, ...scriptsApart(files), ["sw.js", worker]]);
const archive = zip(served);
served.set("sandflow.html", singleFile(served, lonely));
served.set("sandflow-site.zip", archive);

for (const file of filesOf(site)) if (!served.has(file)) rmSync(join(site, file));
const isWanted = (folder) => [...served.keys()].some((path) => path.startsWith(`${folder}/`));
for (const name of existsSync(site) ? readdirSync(site) : [])
  if (statSync(join(site, name)).isDirectory() && !isWanted(name)) rmSync(join(site, name), { recursive: true });

for (const [file, content] of served) {
  const target = join(site, file);
  if (existsSync(target) && readFileSync(target).equals(content)) continue;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
}
