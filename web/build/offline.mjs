// What the site needs to work without a server or a network: icons, the service worker, and all of it as one script, as one
// HTML file and as a ZIP file. Each takes the site's files by their paths and gives a file's content.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { deflateRawSync } from "node:zlib";
import { Resvg, initWasm } from "@resvg/resvg-wasm";
import { build } from "esbuild";
import { zipSync } from "fflate";

const hash = (content, encoding) => createHash("sha256").update(content).digest(encoding);

let drawing;
export async function icon(svg, size) {
  drawing ??= initWasm(readFileSync(createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm")));
  await drawing;
  return Buffer.from(new Resvg(svg.toString(), { fitTo: { mode: "width", value: size } }).render().asPng());
}

// What a page may ask for while it runs, and what of it only some do.
const isAsset = (path) => /^(languages|scenes|lessons|fonts|data)\/|^app\/app\.wasm$/.test(path);
const isHeavy = (path) => path.startsWith("data/");

const packed = (content) => deflateRawSync(content, { level: 9 }).toString("base64");

// What the script of the page leaves out, each as a script that is asked for when it is wanted.
export const scriptsApart = (files) =>
  [...files].filter(([path]) => isHeavy(path)).map(([path, content]) => (
    [`${path}.js`, Buffer.from(`(self.sandflow_apart ??= {})["${path}"] = "${packed(content)}";\n`)]
  ));

// `apart`: whether there is a folder to have such scripts in.
export async function wholeScript(files, { apart }) {
  const assets = [...files].filter(([path]) => isAsset(path));
  const left = apart ? assets.filter(([path]) => isHeavy(path)) : [];
  const inside = Object.fromEntries(assets.filter((each) => !left.includes(each)).map(([path, content]) => [path, packed(content)]));
  const scripts = ["app/app.js", "shell/worker.js"].map((path) => `${files.get(path)}\n`);
  const contents = Object.entries({ packed: inside, scripts, scriptsApart: left.map(([path]) => path) })
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`).join("\n");
  const { outputFiles } = await build({
    entryPoints: ["web/shell/main.js"],
    inject: ["web/offline/inlined.js"],
    bundle: true,
    minify: true,
    charset: "utf8",
    target: "es2022",
    format: "iife",
    define: { "import.meta.url": "document.baseURI" },
    write: false,
    logLevel: "error",
    // It may arrive before the page it is for.
    banner: { js: "function sandflow() {" },
    footer: { js: `}\ndocument.readyState === "loading" ? addEventListener("DOMContentLoaded", sandflow) : sandflow();` },
    plugins: [{
      name: "files",
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^sandflow:files$/ }, ({ path }) => ({ path, namespace: "files" }));
        onLoad({ filter: /.*/, namespace: "files" }, () => ({ contents, loader: "js" }));
      },
    }],
  });
  return Buffer.from(outputFiles[0].contents);
}

// Opens from anywhere, a disk included, and asks nobody for anything: its own policy allows nothing else.
export function singleFile(files, script) {
  const content = script.toString().replaceAll("</script", "<\\/script");
  const policy = [
    "default-src 'none'", `script-src 'sha256-${hash(content, "base64")}' 'wasm-unsafe-eval'`, "worker-src blob:",
    "style-src 'unsafe-inline'", "img-src data: blob:", "frame-src 'self' file:",
  ].join("; ");
  return Buffer.from(files.get("index.html").toString()
    .replace(/(http-equiv="Content-Security-Policy" content=)"[^"]*"/, (_, start) => `${start}"${policy}"`)
    .replace(/ *<link rel="stylesheet" href="([^"]+)">\n/g, (_, path) => `<style>\n${files.get(path)}</style>\n`)
    .replace(/ *<link rel="(manifest|apple-touch-icon)"[^>]*>\n/g, "")
    .replace(/ *<script src="[^"]*first.js"><\/script>\n/, () => `<script>${content}</script>\n`));
}

export function serviceWorker(files, source) {
  const hashes = Object.fromEntries([...files].map(([path, content]) => [path, hash(content, "hex").slice(0, 20)]).sort());
  return Buffer.from(`const files = ${JSON.stringify(hashes)};\n${source}`);
}

// The site with what runs together in a folder that is named by what is in it: whatever a cache keeps, and whenever the site
// is renewed, a page has the code of one version, or is told that a file of it is missing.
export function codeTogether(files) {
  const isCode = (path) => /^(shell|app)\//.test(path);
  const all = createHash("sha256");
  for (const [path, content] of [...files].filter(([path]) => isCode(path)).sort(([a], [b]) => (a < b ? -1 : 1)))
    all.update(`${path} ${hash(content, "hex")}\n`);
  const folder = `code-${all.digest("hex").slice(0, 12)}/`;
  const page = files.get("index.html").toString().replace(/(href|src)="(shell\/[^"]+)"/g, `$1="${folder}$2"`);
  return new Map([...files].map(([path, content]) => (
    path === "index.html" ? [path, Buffer.from(page)] : [isCode(path) ? folder + path : path, content]
  )));
}

// The same bytes from the same files.
export const zip = (files) =>
  Buffer.from(zipSync(Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1))), { level: 9, mtime: "2020-01-01T00:00:00" }));
