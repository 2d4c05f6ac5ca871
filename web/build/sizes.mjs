// Shows what a visitor downloads, so that nobody makes it heavier without seeing it.
//
// node web/build/sizes.mjs SITE_FOLDER
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

// Loaded on demand, or by other programs than the page, hence not part of the first load.
const later = /^(scenes|lessons|data|engine|embed|icons)\/|^(sw\.js|sandflow\.html|sandflow-site\.zip|code-\w+\/(app\/(whole\.js|rest\.wasm)|shell\/share\.js))$/;

const filesOf = (folder, within = "") =>
  readdirSync(join(folder, within), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesOf(folder, join(within, entry.name)) : join(within, entry.name),
  );

function weigh(site, path) {
  const content = readFileSync(join(site, path));
  return { path, bytes: content.length, packed: gzipSync(content, { level: 9 }).length };
}

// What a first visit loads, in bytes and in bytes as gzip makes them.
export function firstLoad(site, weighed = filesOf(site).filter((path) => !later.test(path)).map((path) => weigh(site, path))) {
  const sum = (key) => weighed.filter(({ path }) => !later.test(path)).reduce((total, each) => total + each[key], 0);
  return { bytes: sum("bytes"), packed: sum("packed") };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const row = (name, bytes, packed) =>
    console.log(name.padEnd(40), bytes.toLocaleString("en").padStart(12), packed.toLocaleString("en").padStart(12));
  const site = process.argv[2];
  const weighed = filesOf(site).sort().map((path) => weigh(site, path));
  console.log("".padEnd(40), "bytes".padStart(12), "gzip".padStart(12));
  for (const { path, bytes, packed } of weighed) if (/\.(wasm|js|mjs|ttf|html|css)$/.test(path)) row(path, bytes, packed);
  const { bytes, packed } = firstLoad(site, weighed);
  row("first load", bytes, packed);
}
