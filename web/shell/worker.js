// The thread the app lives in: loads it, hands it its canvas and every call, and draws frames only while some are wanted.
"use strict";

let app;  // The WebAssembly module, once it runs.
let canvas;
let loser;  // The extension by which a context is lost and restored at will.
let size;  // Waits for the next frame: a canvas whose size changes is blank until it is drawn.
let visible = true;
let lost = false;
let calledOff;  // Takes back the frame that is awaited, if one is.
let begun = 0;  // When the last frame was, by the clock.
let drawn = 0;
const early = [];  // What came before the app ran.

// Hands the app a text for the time of one call.
function withText(text, call) {
  const bytes = app.lengthBytesUTF8(text) + 1;
  const pointer = app._malloc(bytes);
  app.stringToUTF8(text, pointer, bytes);
  try {
    return call(pointer);
  } finally {
    app._free(pointer);
  }
}

function withBytes(buffer, call) {
  const pointer = app._malloc(buffer.byteLength);
  app.HEAPU8.set(new Uint8Array(buffer), pointer);
  call(pointer, buffer.byteLength);
  app._free(pointer);
}

const calls = {
  resize: (message) => (size = message),
  theme: ({ dark }) => app._sandflow_theme(dark),
  texts: ({ texts }) => withText(JSON.stringify(texts), (text) => app._sandflow_texts(text)),
  pointer: ({ kind, x, y, button, touch, id }) => app._sandflow_pointer(kind, x, y, button, touch, id),
  wheel: ({ x, y, dx, dy, ctrl }) => app._sandflow_wheel(x, y, dx, dy, ctrl),
  key: ({ key, down, modifiers }) => withText(key, (text) => app._sandflow_key(text, down, modifiers)),
  focus: ({ value }) => app._sandflow_focus(value),
  "text-done": ({ id, value, accepted }) => withText(value, (text) => app._sandflow_text_done(id, text, accepted)),
  "text-changed": ({ id, value }) => withText(value, (text) => app._sandflow_text_changed(id, text)),
  command: ({ command }) => withText(JSON.stringify(command), (text) => app._sandflow_command(text)),
  supply: ({ name, bytes }) => withText(name, (text) => withBytes(bytes, (pointer, size) => app._sandflow_supply(text, pointer, size))),
  visible({ value, rests }) {
    // A frame that was asked for in sight may never come out of it.
    if (visible !== value) forgetFrame();
    visible = value;
    clearTimeout(resting);
    if (rests) resting = setTimeout(giveUp, patience);
    else takeBack();
  },
  // For the tests: what a driver update or a laptop's lid does to a page.
  "lose-context": () => {
    canvas.addEventListener("webglcontextlost", () => setTimeout(() => loser.restoreContext(), 50), { once: true });
    loser.loseContext();
  },
};

// A browser has a dozen WebGL contexts for a whole article: an embed that nobody sees does without its own.
const patience = 2000;  // ms; scrolling past is no reason.
let resting;
let givenUp = false;

function giveUp() {
  if (lost || visible) return;
  givenUp = true;
  loser.loseContext();
}

function takeBack() {
  // Not lost yet: the event that says so is still on its way, and looks here again.
  if (!givenUp || !lost) return;
  givenUp = false;
  loser.restoreContext();
}

function receive(message) {
  calls[message.type](message);
  wake();
  // No frame will carry the answer out.
  if (message.type === "command" && (!visible || lost)) post();
}

// Unseen, too, the app has to say at first that it is there.
const draws = () => (visible || drawn < 3) && !lost;

function wake() {
  if (!draws() || calledOff) return;
  if (visible) {
    const frame = requestAnimationFrame(draw);
    calledOff = () => cancelAnimationFrame(frame);
  } else {
    const timer = setTimeout(() => draw(performance.now()));
    calledOff = () => clearTimeout(timer);
  }
}

function forgetFrame() {
  calledOff?.();
  calledOff = undefined;
}

function draw(time) {
  calledOff = undefined;
  if (!draws()) return;
  guard(() => {
    if (size) resize();
    begun = performance.now();
    slices = 0;
    const more = app._sandflow_frame(time);
    if (++drawn === 1) complete();
    post();
    if (more) wake();
    if (more) trainBetween();
  });
}

// Where frames come late, as with graphics in software, training does not wait for them: it goes on between, in slices
// that leave the page, the graphics and the next frame their share of the processor; and only so many, for graphics
// in software are slower the busier the processor is, and what is not seen is not worth having been trained early.
const late = 16, slice = 6, pause = 4, most = 8;  // ms, ms, ms, and slices from one frame to the next.
let waits = false;
let slices = 0;
function trainBetween() {
  if (waits || slices >= most) return;
  waits = true;
  setTimeout(() => {
    waits = false;
    if (!calledOff || !visible || lost) return;
    ++slices;
    guard(() => app._sandflow_train(slice) && trainBetween());
  }, Math.max(pause, begun + late - performance.now()));
}

function resize() {
  const { width, height, ratio } = size;
  size = undefined;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  app._sandflow_resize(width, height, ratio);
}

function post() {
  const json = app.UTF8ToString(app._sandflow_outbox());
  if (json && json !== "[]") postMessage({ type: "outbox", json });
}

// The app throws nothing it could recover from: the first exception is its end, and the page says so.
function guard(work) {
  try {
    work();
  } catch (error) {
    fail(error);
  }
}

function fail(error, reason = error?.reason ?? "stopped") {
  console.error(error);
  visible = false;
  postMessage({ type: "failed", reason, text: String(error?.message ?? error) });
}

// Where there is no folder to load from, the page hands the module over, and this script follows on app.js.
let handOver;
const handed = location.protocol === "blob:" ? new Promise((done) => (handOver = done)) : undefined;
const here = (file) => new URL(`../app/${file}`, location.href).href;

async function compiled(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  // Not every server knows what it is.
  const streams = answer.headers.get("Content-Type") === "application/wasm";
  return streams ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer());
}

function compiledNow(url) {
  try {
    const request = new XMLHttpRequest();
    request.open("GET", url, false);
    request.responseType = "arraybuffer";
    request.send();
    if (request.status >= 400) throw new Error(`${url}: ${request.status}`);
    return new WebAssembly.Module(request.response);
  } catch (error) {
    throw Object.assign(error, { reason: "start" });  // Not the app's mistake: the connection's.
  }
}

// At once: the page takes its time to say what to start with.
const module = handed ? handed.then((binary) => WebAssembly.compile(binary)) : compiled(here("app.wasm"));
module.catch(() => {});  // Told where it is waited for.
if (!handed) importScripts(here("app.js"));

// The app may be two modules (web/build/split.mjs). Where the first has no function, its table has a placeholder, until the
// second puts its functions there: after the first frame, or when a placeholder is called before that.
let complete = () => {};
async function instantiate(imports) {
  const first = await module;
  let linked = !WebAssembly.Module.imports(first).some((each) => each.module === "placeholder");
  let exports, table;
  const link = (rest) => {
    if (!linked) new WebAssembly.Instance(rest, { primary: exports });
    linked = true;
  };
  const placeholder = new Proxy({}, {
    get: (_, slot) => (...values) => {
      if (!linked) link(compiledNow(here("rest.wasm")));
      return table.get(Number(slot))(...values);
    },
  });
  const instance = await WebAssembly.instantiate(first, { ...imports, placeholder });
  exports = instance.exports;
  table = Object.values(exports).find((value) => value instanceof WebAssembly.Table);
  // A connection that is lost comes back: until then, who needs it asks at once, and this ever more patiently.
  const bring = async (wait) => {
    if (linked) return;
    try {
      link(await compiled(here("rest.wasm")));
    } catch {
      setTimeout(bring, wait, Math.min(2 * wait, 300_000));
    }
  };
  complete = () => {
    complete = () => {};
    bring(10_000);
  };
  return instance;
}

async function start({ canvas: offscreen, fonts, config }) {
  canvas = offscreen;
  canvas.width = Math.round(config.width * config.ratio);
  canvas.height = Math.round(config.height * config.ratio);
  const made = await new Promise((done, failed) => {
    const instantiateWasm = (imports, receive) => {
      instantiate(imports).then(async (instance) => receive(instance, await module)).catch(failed);
      return {};
    };
    createSandflow({ instantiateWasm, onAbort: (what) => fail(what) }).then(done, failed);
  });

  // Dear ImGui smooths its own edges; multisampling on top would cost a frame fivefold where GL is software.
  const context = made.GL.createContext(canvas, {
    majorVersion: 2, minorVersion: 0, antialias: false, alpha: false, depth: false, stencil: false,
    premultipliedAlpha: false, enableExtensionsByDefault: 1,
  });
  if (!context) return fail("WebGL2", "webgl");
  made.GL.makeContextCurrent(context);
  loser = made.GL.getContext(context).GLctx.getExtension("WEBGL_lose_context");
  surviveContextLoss();

  app = made;
  fonts.forEach((font, which) => withBytes(font, (pointer, bytes) => app._sandflow_font(which, pointer, bytes)));
  if (!withText(JSON.stringify(config), (text) => app._sandflow_start(text))) return fail("sandflow_start", "start");
  for (const message of early.splice(0)) receive(message);
  wake();
}

function surviveContextLoss() {
  canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault();
    lost = true;
    guard(() => app._sandflow_context_lost());
    if (visible) setTimeout(takeBack);
  });
  canvas.addEventListener("webglcontextrestored", () => {
    lost = false;
    guard(() => app._sandflow_context_restored());
    wake();
  });
}

onmessage = ({ data }) => {
  // For the tests: whether the page rests when nothing changes. Asking must not wake it.
  if (data.type === "count-frames") postMessage({ type: "frames", count: drawn, lost, isDrawing: Boolean(calledOff) });
  else if (data.type === "binary") handOver(data.binary);
  else if (data.type === "start") start(data).catch((error) => fail(error, "start"));
  else if (app) guard(() => receive(data));
  else early.push(data);
};
