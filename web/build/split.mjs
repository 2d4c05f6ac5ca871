// Splits the app's module in two, so that a first visit waits for what it needs only: the first half holds what ran in a
// rehearsal of a visit, here in Node with a canvas that draws nothing; the second comes when the first frame is drawn, or
// when something of it is called before. So a rehearsal that forgets something costs a moment, never a function.
//
// node web/build/split.mjs BUILD_FOLDER: app.js, app.wasm and fonts/ become split/app.wasm and, where there is Binaryen's
// wasm-split, split/rest.wasm.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";

const [, , build] = process.argv;
const [wasm, folder] = [join(build, "app.wasm"), join(build, "split")];
const text = (path) => readFileSync(path, "utf8");
const json = (path) => JSON.parse(text(path));

// --- A rehearsal --------------------------------------------------------------------------------------------------------

// Enough of a WebGL2 context for an app that never reads what it has drawn.
const gl = new Proxy({
  getParameter: (what) => (what === 0x1f02 ? "WebGL 2.0" : what === 0x8b8c ? "WebGL GLSL ES 3.00" : 4096),
  getSupportedExtensions: () => [],
  getExtension: () => null,
  getContextAttributes: () => ({}),
  getError: () => 0,
  getShaderParameter: () => true,
  getProgramParameter: (_, what) => (what === 0x8b86 || what === 0x8b89 ? 0 : true),
  getShaderInfoLog: () => "",
  getProgramInfoLog: () => "",
  getAttribLocation: () => 0,
  checkFramebufferStatus: () => 0x8cd5,
  isEnabled: () => false,
}, { get: (known, name) => known[name] ?? (/^[A-Z]/.test(String(name)) ? 0 : () => ({})) });

// As web/shell/texts.js puts them together.
function textsIn(language, other) {
  const also = Object.entries(json(`web/languages/${other}.json`)).filter(([key]) => key.startsWith("help."));
  return {
    ...Object.fromEntries(also.map(([key, value]) => [`also.${key}`, value])),
    ...json("web/languages/en.json"),
    ...json(`web/languages/${language}.json`),
  };
}

// The page's side of web/shell/worker.js. Time is the rehearsal's own: a frame is 16 ms.
async function worker(binary) {
  let frame;
  let instance;
  const context = vm.createContext({
    console, performance, setTimeout, clearTimeout, TextDecoder, URL,
    location: { protocol: "blob:", href: "blob:rehearsal" },
    WebGLRenderingContext: class {},
    importScripts() {},
    requestAnimationFrame: (draw) => ((frame = draw), 1),
    cancelAnimationFrame: () => (frame = undefined),
    postMessage: ({ type, text: said }) => {
      if (type === "failed") throw new Error(`the rehearsal failed: ${said}`);
    },
    WebAssembly: {
      ...Object.fromEntries(Object.getOwnPropertyNames(WebAssembly).map((name) => [name, WebAssembly[name]])),
      instantiate: async (module, imports) => (instance = await WebAssembly.instantiate(module, imports)),
    },
  });
  context.self = context;
  vm.runInContext(text(join(build, "app.js")), context);
  vm.runInContext(text("web/shell/worker.js"), context);
  const send = (data) => context.onmessage({ data });

  let now = 0;
  const frames = (count) => {
    for (; count > 0 && frame; --count) {
      const draw = frame;
      frame = undefined;
      draw((now += 16));
    }
  };
  const canvas = { width: 1, height: 1, getContext: () => gl, addEventListener() {}, removeEventListener() {} };
  const fonts = ["text-regular", "text-semibold", "mono-regular", "symbols"].map((name) => {
    const { buffer, byteOffset, byteLength } = readFileSync(join(build, "fonts", `${name}.ttf`));
    return buffer.slice(byteOffset, byteOffset + byteLength);
  });
  const config = { width: 900, height: 700, ratio: 1, dark: false, reduced_motion: false, texts: textsIn("ko", "en") };
  send({ type: "binary", binary });
  send({ type: "start", canvas, fonts, config });
  // As from a page that has read its languages by now.
  send({ type: "texts", texts: textsIn("ko", "en") });
  send({ type: "theme", dark: 0 });
  while (!frame) await new Promise((done) => setTimeout(done, 10));
  return { send, frames, command: (command) => send({ type: "command", command }), instance: () => instance };
}

// What a first visit does at once: the scene that is open at first is trained and moved, or a lesson is opened that trains.
// Who opens a session first of all waits for the second half.
function visit({ send, frames, command }) {
  const open = (name) => {
    command({ do: "open", text: text(`web/lessons/scenes/${name}.json`) });
    command({ do: "save" });
    frames(40);
    command({ do: "save" });
  };
  const [scene] = json("web/lessons/scenes/index.json");
  open(scene.file.replace(".json", ""));
  command({ do: "play" });
  frames(100);
  command({ do: "pause" });
  for (const does of ["step", "epoch", "reset"]) {
    command({ do: does });
    frames(60);
  }
  for (const [kind, by] of [[0, 0], [1, 0], [0, 20], [0, 60], [2, 60]]) {
    send({ type: "pointer", kind, x: 20 + by, y: 500 + by, button: 0, touch: 0, id: 1 });
    frames(3);
  }
  for (const ctrl of [0, 1]) {
    send({ type: "wheel", x: 300, y: 300, dx: 0, dy: 40, ctrl });
    frames(5);
  }
  for (const [width, height, ratio] of [[1280, 720, 1], [700, 460, 1], [390, 600, 2]]) {
    send({ type: "resize", width, height, ratio });
    frames(5);
  }
  send({ type: "theme", dark: 1 });
  send({ type: "texts", texts: textsIn("en", "ko") });
  command({ do: "set", key: "speed", value: 1 });
  for (const graph of [false, true]) {
    command({ do: "panes", graph, views: true, palette: graph });
    frames(5);
  }
  open(json("web/lessons/list.json").find(({ part }) => part === "training").name);
  command({ do: "train", steps: 10 });
  frames(20);
}

// --- Splitting ----------------------------------------------------------------------------------------------------------

const V128 = 0x7b;

// Which functions a module defines: for each, whether JavaScript could call it, and so stand in for it.
function callables(bytes) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  const types = [];
  while (at < bytes.length) {
    const section = bytes[at++];
    const end = number() + at;
    if (section === 1)
      for (let count = number(); count; --count) {
        ++at;
        const values = [];
        for (let side = 0; side < 2; ++side) for (let more = number(); more; --more) values.push(bytes[at++]);
        types.push(!values.includes(V128));
      }
    if (section === 3) return Array.from({ length: number() }, () => types[number()]);
    at = end;
  }
}

const split = (...args) => execFileSync("wasm-split", ["--all-features", ...args], { stdio: ["ignore", "inherit", "inherit"] });

// Which of so many functions ran in a rehearsal, as wasm-split notes it down: eight bytes that say which module it was, and
// a number a function, 0 if it did not run.
function profileOf({ exports }, functions) {
  const memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
  const at = memory.buffer.byteLength;
  const room = 8 + 4 * functions;
  memory.grow(Math.ceil(room / 65536));
  if (exports.__write_profile(at, room) !== room) throw new Error("wasm-split has another way to write a profile");
  return new DataView(memory.buffer, at, room);
}

mkdirSync(folder, { recursive: true });
const path = (name) => join(folder, name);

if (spawnSync("wasm-split", ["--version"]).error) {
  console.log("no wasm-split here: the app stays one module");
  writeFileSync(path("app.wasm"), readFileSync(wasm));
  rmSync(path("rest.wasm"), { force: true });
} else {
  split("--instrument", wasm, "-o", path("rehearsal.wasm"));
  const player = await worker(readFileSync(path("rehearsal.wasm")));
  visit(player);
  const stand = callables(readFileSync(wasm));
  const profile = profileOf(player.instance(), stand.length);
  stand.forEach((callable, i) => callable || profile.setUint32(8 + 4 * i, 1, true));
  writeFileSync(path("profile"), profile);
  split("--split", `--profile=${path("profile")}`, wasm, "-o1", path("app.wasm"), "-o2", path("rest.wasm"));
}
