// Cuts the fonts down to the characters Sandflow shows, as plain TrueType files that serve both CSS and Dear ImGui.
//
// node web/build/fonts.mjs FOLDER
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import subsetFont from "subset-font";

const [, , folder] = process.argv;
const installed = createRequire(import.meta.url).resolve;

const range = (first, last) =>
  Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)).join("");

// What a learner can type or an engine can print, whether or not a source file holds it.
const always =
  range(0x20, 0x7e) +
  range(0xa0, 0xff) +
  range(0x391, 0x3a1) +
  range(0x3a3, 0x3a9) +
  range(0x3b1, 0x3c9) +
  "·×÷−±≈≠≤≥→←↑↓∂∇∞√∑∏∫…—–‹›«»“”‘’•●○▾▸▴◂✓✕";

// Where the texts are: everything the page or the app can show is written in one of these.
const texts = ["index.html", "web/languages", "web/shell", "web/app", "web/lessons", "engine"];

function* filesOf(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOTDIR") yield path;
    else if (error.code !== "ENOENT") throw error;
    return;
  }
  for (const entry of entries) yield* filesOf(join(path, entry.name));
}

const characters = new Set(always);
for (const text of texts)
  for (const file of filesOf(text))
    for (const character of readFileSync(file, "utf8")) if (character >= " ") characters.add(character);

// The code points a TrueType font has, read from the Windows Unicode subtable of its character map.
function coverage(font) {
  const tables = Array.from({ length: font.readUInt16BE(4) }, (_, i) => 12 + 16 * i);
  const map = font.readUInt32BE(tables.find((at) => font.toString("latin1", at, at + 4) === "cmap") + 8);
  const covered = new Set();
  for (let i = 0; i < font.readUInt16BE(map + 2); i++) {
    const table = map + font.readUInt32BE(map + 8 + 8 * i);
    const format = font.readUInt16BE(table);
    if (format === 4) {
      const segments = font.readUInt16BE(table + 6);
      for (let end = table + 14; end < table + 14 + segments; end += 2) {
        const [first, last] = [font.readUInt16BE(end + 2 + segments), font.readUInt16BE(end)];
        for (let point = first; point <= last; point++) covered.add(String.fromCodePoint(point));
      }
    } else if (format === 12) {
      for (let group = 0; group < font.readUInt32BE(table + 12); group++) {
        const at = table + 16 + 12 * group;
        for (let point = font.readUInt32BE(at); point <= font.readUInt32BE(at + 4); point++)
          covered.add(String.fromCodePoint(point));
      }
    }
  }
  return covered;
}

// Writes the wanted characters of one font; returns those that it has.
async function cut(name, source, wanted) {
  const font = await subsetFont(readFileSync(installed(source)), [...wanted].join(""), {
    targetFormat: "truetype",
    // Dear ImGui reads outlines and widths only: without hints, kerning and ligatures both sides set the same line.
    noHinting: true,
    noLayoutClosure: true,
    keepFeatures: [],
    dropTables: ["DSIG", "GDEF", "GPOS", "GSUB"],
    // The fonts' licences ask that copyright and licence travel with them.
    preserveNameIds: [0, 13, 14],
  });
  writeFileSync(join(folder, name), font);
  return coverage(font);
}

mkdirSync(folder, { recursive: true });
const text = "pretendard/dist/public/static/alternative/Pretendard";
const families = [
  await cut("text-regular.ttf", `${text}-Regular.ttf`, characters),
  await cut("text-semibold.ttf", `${text}-SemiBold.ttf`, characters),
  await cut("mono-regular.ttf", "jetbrains-mono/fonts/webfonts/JetBrainsMonoNL-Regular.woff2", characters),
];

// The last resort of every family, for the signs (such as ∇, and ⌊ where text is set) that one of them lacks.
const lacking = [...characters].filter((character) => !families.every((covered) => covered.has(character)));
const found = await cut("symbols.ttf", "dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf", new Set(lacking));
const missing = new Set(lacking.filter((character) => !found.has(character) && !families.some((covered) => covered.has(character))));
if (missing.size) console.log(`no font has: ${[...missing].join(" ")}`);
