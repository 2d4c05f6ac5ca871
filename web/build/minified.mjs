// Makes of the shell's sources what is served: one module for the page, one for what is loaded when it is wanted, and the
// scripts and styles that stand alone, each without what only its authors read. Gives pairs of a path and its content.
import { basename } from "node:path";
import { build } from "esbuild";

const entries = ["main.js", "worker.js", "first.js"];

export async function minified(paths) {
  const names = paths.map((path) => basename(path)).filter((name) => entries.includes(name) || name.endsWith(".css"));
  const options = { minify: true, charset: "utf8", target: "es2022", write: false, logLevel: "error", outdir: "shell" };
  const entryPoints = names.map((name) => `web/shell/${name}`);
  const [modules, others] = await Promise.all([
    build({ ...options, entryPoints: ["web/shell/main.js"], bundle: true, splitting: true, format: "esm", chunkNames: "[name]" }),
    build({ ...options, entryPoints: entryPoints.filter((path) => !path.endsWith("main.js")) }),
  ]);
  return [...modules.outputFiles, ...others.outputFiles].map(({ path, contents }) => [`shell/${basename(path)}`, Buffer.from(contents)]);
}
