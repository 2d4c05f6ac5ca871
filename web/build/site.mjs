// Assembles the site: what is in the folder afterwards is exactly what is listed here.
//
// node web/build/site.mjs BUILD_FOLDER SITE_FOLDER
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildLessons } from "./lessons.mjs";
import { icon, scriptsApart, serviceWorker, singleFile, wholeScript, zip } from "./offline.mjs";
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
const apart = scriptsApart(files);
const worker = serviceWorker(files, readFileSync("web/offline/sw.js", "utf8"));
// A page that is kept for later is never one without a server: it needs none of these.
for (const [path, content] of [["app/whole.js", script], ...apart, ["sw.js", worker]]) files.set(path, content);
const archive = zip(files);
files.set("sandflow.html", singleFile(files, lonely));
files.set("sandflow-site.zip", archive);

for (const file of filesOf(site)) if (!files.has(file)) rmSync(join(site, file));

for (const [file, content] of files) {
  const target = join(site, file);
  if (existsSync(target) && readFileSync(target).equals(content)) continue;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
}
