// Shows what a visitor downloads, so that nobody makes it heavier without seeing it.
//
// node web/build/sizes.mjs SITE_FOLDER
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const [, , site] = process.argv;

// Loaded on demand, or by other programs than the page, hence not part of the first load.
const later = /^(scenes|lessons|data|engine|embed|icons)\/|^(sw\.js|sandflow\.html|sandflow-site\.zip|app\/whole\.js|shell\/share\.js)$/;

const files = (folder) =>
  readdirSync(join(site, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : join(folder, entry.name),
  );

const row = (name, bytes, packed) =>
  console.log(name.padEnd(40), bytes.toLocaleString("en").padStart(12), packed.toLocaleString("en").padStart(12));

console.log("".padEnd(40), "bytes".padStart(12), "gzip".padStart(12));
const total = { bytes: 0, packed: 0 };
for (const file of files("").sort()) {
  const content = readFileSync(join(site, file));
  const packed = gzipSync(content, { level: 9 }).length;
  if (/\.(wasm|js|mjs|ttf|html|css)$/.test(file)) row(file, content.length, packed);
  if (later.test(file)) continue;
  total.bytes += content.length;
  total.packed += packed;
}
row("first load", total.bytes, total.packed);
