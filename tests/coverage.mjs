// Shows which share of the engine's statements the native tests ran, by folder, and fails where it is too small.
//
// node tests/coverage.mjs SUMMARY.json (of llvm-cov export -summary-only)
import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";

const [, , summary] = process.argv;
const wanted = 90;

const folders = new Map();
const all = { count: 0, covered: 0 };
for (const { filename, summary: measured } of JSON.parse(readFileSync(summary, "utf8")).data[0].files) {
  const file = relative(".", filename);
  if (!file.startsWith("engine/")) continue;
  const folder = dirname(file);
  if (!folders.has(folder)) folders.set(folder, { count: 0, covered: 0 });
  for (const sum of [folders.get(folder), all]) {
    sum.count += measured.lines.count;
    sum.covered += measured.lines.covered;
  }
}

const percent = ({ count, covered }) => (100 * covered) / count;
const row = (name, sum) =>
  console.log(name.padEnd(20), `${sum.covered} of ${sum.count}`.padStart(16), `${percent(sum).toFixed(1)} %`.padStart(8));
for (const [folder, sum] of [...folders].sort()) row(folder, sum);
row("statements run", all);
process.exit(percent(all) >= wanted ? 0 : 1);
