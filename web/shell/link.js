// Links: everything an address can ask for, in one table from which reader, writer, documentation and tests are made.
// Runs in Node, too: nothing here needs a page.

// Parts of the page that an embed can do without.
export const parts = ["header", "mode", "lesson", "palette", "graph", "views", "transport", "settings"];

// A parameter: its name, its kind and what it may be; with `of`, the place in a scene that it stands for. What each is
// for is said in web/languages as shell.link.NAME, in every language. The order is the one in which links are written.
export const parameters = [
  { name: "scene", kind: "word", example: "spiral" },
  { name: "state", kind: "packed" },
  { name: "lesson", kind: "word", example: "momentum" },
  { name: "step", kind: "number", minimum: 1, maximum: 99, integer: true, example: 2 },
  { name: "lang", kind: "choice", choices: ["en", "ko"], example: "ko" },
  { name: "theme", kind: "choice", choices: ["light", "dark"], example: "dark" },
  { name: "hide", kind: "list", choices: parts, example: ["palette", "views"] },
  { name: "play", kind: "flag", example: true },
  { name: "steps", kind: "number", minimum: 1, maximum: 100000, integer: true, example: 100 },
  { name: "speed", kind: "number", minimum: 0, maximum: 1, example: 0.5 },
  { name: "optimizer", kind: "word", of: ["training", "optimizer", "name"], example: "Adam" },
  { name: "learning_rate", kind: "number", of: ["training", "optimizer", "learning_rate"], example: 0.05 },
  { name: "momentum", kind: "number", of: ["training", "optimizer", "momentum"], example: 0.9 },
  { name: "initializer", kind: "word", of: ["training", "initializer", "name"], example: "zeros" },
  { name: "stddev", kind: "number", of: ["training", "initializer", "stddev"], example: 0.1 },
  { name: "schedule", kind: "word", of: ["training", "schedule", "name"], example: "cosine_decay" },
  { name: "clipping", kind: "word", of: ["training", "clipping", "name"], example: "clip_by_global_norm" },
  { name: "batch_size", kind: "number", minimum: 1, maximum: 1e6, integer: true, of: ["training", "batch_size"], example: 20 },
  { name: "seed", kind: "number", minimum: 0, maximum: 2 ** 31 - 1, integer: true, of: ["training", "seed"], example: 7 },
  { name: "data", kind: "word", of: ["data", "name"], example: "circle" },
  // Every other number of a choice: optimizer.beta1=0.8, data.noise=0.1.
  ...["optimizer", "initializer", "schedule", "clipping"].map((choice) => (
    { name: `${choice}.*`, kind: "number", of: ["training", choice, "*"] }
  )),
  { name: "data.*", kind: "number", of: ["data", "*"] },
];

export const longest = 8192;  // Characters of a link; what does not fit is better a file.
const largest = 4 << 20;  // Characters of a scene that is unpacked: a short link can hold very many.

const exact = new Map(parameters.map((parameter) => [parameter.name, parameter]));

// The parameter that a name means; for optimizer.beta1 the one called optimizer.*, made to mean beta1.
export function parameterOf(name) {
  if (exact.has(name)) return name.includes("*") ? undefined : exact.get(name);
  const [, choice, rest] = /^([a-z]+)\.([a-z][a-z0-9_]{0,40})$/.exec(name) ?? [];
  const family = choice && exact.get(`${choice}.*`);
  // `name` is the choice's own; a short name, where there is one, is the only one.
  if (!family || rest === "name") return undefined;
  const of = family.of.map((each) => (each === "*" ? rest : each));
  return parameters.some((each) => each.of?.join() === of.join()) ? undefined : { ...family, name, of };
}

const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const readers = {
  word: (text) => (/^[\w][\w.-]{0,63}$/.test(text) ? text : undefined),
  packed: (text) => (/^[\w-]+$/.test(text) ? text : undefined),
  choice: (text, { choices }) => (choices.includes(text) ? text : undefined),
  flag: (text) => ({ "": true, 1: true, true: true, 0: false, false: false })[text],
  list(text, { choices }) {
    const words = text.split(/[\s,+]+/).filter(Boolean);
    return words.every((word) => choices.includes(word)) ? [...new Set(words)] : undefined;
  },
  number(text, { minimum = -Infinity, maximum = Infinity, integer }) {
    const number = Number(text);
    const fits = isNumber.test(text) && Number.isFinite(number) && number >= minimum && number <= maximum;
    return fits && (!integer || Number.isInteger(number)) ? number : undefined;
  },
};

// The name by which the app sets what stands at a place in a scene.
export const settingKey = (of) => of.filter((part) => part !== "training" && part !== "name").join(".");

// The value that a text gives a parameter, or nothing.
export const readValue = (parameter, text) => readers[parameter.kind](text, parameter);

const writers = {
  flag: (value) => (value ? "" : "0"),
  list: (value) => value.join(","),
};

// What a text says after its # or ?: {values, problems}. A problem is {name, text}; nothing is ever thrown.
export function readLink(text) {
  const values = {};
  const problems = [];
  for (const [name, written] of new URLSearchParams(String(text).replace(/^[#?]/, ""))) {
    const parameter = parameterOf(name);
    const value = parameter && readValue(parameter, written.trim());
    if (value === undefined || Object.hasOwn(values, name)) problems.push({ name, text: written });
    else values[name] = value;
  }
  return { values, problems };
}

const rank = (name) => {
  const at = parameters.findIndex((parameter) => parameter.name === name);
  return at < 0 ? parameters.length : at;
};

// The text of a link, without its #.
export function writeLink(values) {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== false && !(Array.isArray(value) && !value.length))
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([name, value]) => {
      const text = String((writers[parameterOf(name).kind] ?? String)(value));
      return text ? `${name}=${encodeURIComponent(text).replaceAll("%2C", ",")}` : name;
    })
    .join("&");
}

// --- Scenes in links ---

// With a checksum (deflate has one, deflate-raw has none): a link that was cut off or mistyped is known as such.
const packing = "deflate";

const through = async (bytes, stream, most = Infinity) => {
  const writer = stream.writable.getWriter();
  // A broken input is heard of where it is read.
  const written = writer.write(bytes).then(() => writer.close()).catch(() => {});
  const chunks = [];
  let size = 0;
  for (const reader = stream.readable.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (size > most) {
      reader.cancel().catch(() => {});
      throw new RangeError("too large");
    }
  }
  await written;
  return new Blob(chunks).arrayBuffer();
};

export async function pack(text) {
  const bytes = new Uint8Array(await through(new TextEncoder().encode(text), new CompressionStream(packing)));
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

// Rejects where the text is not what pack() gives.
export async function unpack(packed) {
  const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const text = await through(bytes, new DecompressionStream(packing), largest);
  return new TextDecoder("utf-8", { fatal: true }).decode(text);
}

// --- Settings of scenes ---

const plain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// A scene, as an object, with what a link sets. A newly chosen optimizer forgets the numbers of the one before.
export function withSettings(scene, values) {
  const made = structuredClone(scene);
  const wanted = Object.entries(values)
    .map(([name, value]) => ({ name, value, of: parameterOf(name)?.of }))
    .filter(({ of }) => of)
    .sort((a, b) => rank(a.name) - rank(b.name));
  for (const { value, of } of wanted) {
    const path = of.slice(0, -1);
    const last = of.at(-1);
    let at = made;
    for (const key of path) at = plain(at[key]) ? at[key] : (at[key] = {});
    if (last === "name" && at.name !== value) for (const key of Object.keys(at)) delete at[key];
    at[last] = value;
  }
  return made;
}

// What a link has to set to make one scene the other; nothing if that cannot be done by settings.
export function settingsBetween(from, to) {
  const values = {};
  for (const group of [["data"], ...["optimizer", "initializer", "schedule", "clipping"].map((choice) => ["training", choice])]) {
    const [before, after] = [from, to].map((scene) => group.reduce((at, key) => at?.[key], scene) ?? {});
    const isOther = before.name !== after.name;
    for (const [key, value] of Object.entries(after))
      if (isOther || !Object.is(before[key], value)) values[shortName([...group, key])] = value;
  }
  for (const key of ["batch_size", "seed"])
    if (to.training?.[key] !== from.training?.[key]) values[key] = to.training?.[key];
  if (Object.keys(values).some((name) => values[name] === undefined || !parameterOf(name))) return undefined;
  return same(withSettings(from, values), to) ? values : undefined;
}

const shortName = (of) =>
  parameters.find((parameter) => parameter.of?.join() === of.join())?.name ?? `${of.at(-2)}.${of.at(-1)}`;

function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

// --- This page's ---

// The part after # is strict; before it, where others put things of their own, what is unknown is none of ours.
export function readAddress({ search, hash }) {
  const { values, problems } = readLink(hash);
  const known = readLink(search);
  const ours = known.problems.filter(({ name }) => parameterOf(name) && !Object.hasOwn(values, name));
  return { values: { ...known.values, ...values }, problems: [...problems, ...ours] };
}

export const address = globalThis.location ? readAddress(location) : { values: {}, problems: [] };
