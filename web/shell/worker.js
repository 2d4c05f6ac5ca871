// The thread the app lives in: loads it, hands it its canvas and every call, and draws frames only while some are wanted.
"use strict";

let app;  // The WebAssembly module, once it runs.
let canvas;
let gl;
let size;  // Waits for the next frame: a canvas whose size changes is blank until it is drawn.
let visible = true;
let lost = false;
let frame = 0;
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
  visible: ({ value }) => (visible = value),
  // For the tests: what a driver update or a laptop's lid does to a page.
  "lose-context": () => {
    const extension = gl.getExtension("WEBGL_lose_context");
    canvas.addEventListener("webglcontextlost", () => setTimeout(() => extension.restoreContext(), 50), { once: true });
    extension.loseContext();
  },
};

function receive(message) {
  calls[message.type](message);
  wake();
  // No frame will carry the answer out.
  if (message.type === "command" && (!visible || lost)) post();
}

function wake() {
  if (visible && !lost && !frame) frame = requestAnimationFrame(draw);
}

function draw(time) {
  frame = 0;
  if (!visible || lost) return;
  guard(() => {
    if (size) resize();
    begun = performance.now();
    const more = app._sandflow_frame(time);
    ++drawn;
    post();
    if (more) wake();
    if (more) trainBetween();
  });
}

// Where frames come late, as with graphics in software, training does not wait for them: it goes on between, in slices
// that leave the page, the graphics and the next frame their share of the processor.
const late = 16, slice = 6, pause = 4;  // ms
let waits = false;
function trainBetween() {
  if (waits) return;
  waits = true;
  setTimeout(() => {
    waits = false;
    if (!frame || !visible || lost) return;
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

function fail(error, reason = "stopped") {
  console.error(error);
  visible = false;
  postMessage({ type: "failed", reason, text: String(error?.message ?? error) });
}

async function start({ canvas: offscreen, folder, fonts, config }) {
  canvas = offscreen;
  canvas.width = Math.round(config.width * config.ratio);
  canvas.height = Math.round(config.height * config.ratio);
  importScripts(folder + "app.js");
  const made = await createSandflow({ locateFile: (file) => folder + file, onAbort: (what) => fail(what) });

  // Dear ImGui smooths its own edges; multisampling on top would cost a frame fivefold where GL is software.
  const context = made.GL.createContext(canvas, {
    majorVersion: 2, minorVersion: 0, antialias: false, alpha: false, depth: false, stencil: false,
    premultipliedAlpha: false, enableExtensionsByDefault: 1,
  });
  if (!context) return fail("WebGL2", "webgl");
  made.GL.makeContextCurrent(context);
  gl = made.GL.getContext(context).GLctx;  // Firefox refuses to be asked for it twice.
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
  });
  canvas.addEventListener("webglcontextrestored", () => {
    lost = false;
    guard(() => app._sandflow_context_restored());
    wake();
  });
}

onmessage = ({ data }) => {
  // For the tests: whether the page rests when nothing changes. Asking must not wake it.
  if (data.type === "count-frames") postMessage({ type: "frames", count: drawn });
  else if (data.type === "start") start(data).catch((error) => fail(error, "start"));
  else if (app) guard(() => receive(data));
  else early.push(data);
};
