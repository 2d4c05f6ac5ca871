// Starts the page: texts, the app in its worker, and everything around the canvas.
import { say, sayWhatChanged } from "./announce.js";
import { App } from "./app.js";
import { ratio, wireCanvas } from "./canvas.js";
import { wireClipboard } from "./clipboard.js";
import { wireTables } from "./data.js";
import { wireHeader } from "./header.js";
import { wireHelp } from "./help.js";
import { wireKeys } from "./keys.js";
import { lensVerbs, wireLens } from "./lens.js";
import { Notices, showFailure, wireBanner } from "./notices.js";
import { wireOverlay } from "./overlay.js";
import { wirePanes } from "./panes.js";
import { download } from "./picture.js";
import { Scenes } from "./scenes.js";
import { wireSettings } from "./settings.js";
import { allTexts, loadTexts, onLanguage } from "./texts.js";
import { followTheme, isDark, onTheme, wireThemeButton } from "./theme.js";
import { wireButtons, wireTransport } from "./transport.js";

const at = (id) => document.getElementById(id);
const canvas = at("canvas");
// In the order the app numbers them.
const fontFiles = ["text-regular", "text-semibold", "mono-regular", "symbols"];

function supported() {
  return "OffscreenCanvas" in window && "transferControlToOffscreen" in HTMLCanvasElement.prototype;
}

function verbsOf(app, scenes) {
  const command = (name) => () => app.command({ do: name });
  return {
    ...lensVerbs(app, {
      toggle: () => app.state?.can_train && app.command({ do: app.state.playing ? "pause" : "play" }),
      step: () => app.state?.can_train && app.command({ do: "step" }),
      epoch: () => app.state?.can_train && app.command({ do: "epoch" }),
      reset: command("reset"),
    }),
    undo: command("undo"),
    redo: command("redo"),
    fit: command("fit"),
    // The menu is the app's; it opens by the canvas's own key.
    add: () => {
      canvas.focus();
      app.send({ type: "key", key: "n", down: 1, modifiers: 0 });
    },
    open: () => at("file").click(),
    save: () => scenes.save(),
    help: () => at("help").showModal(),
  };
}

function wirePage(app, scenes) {
  const verbs = verbsOf(app, scenes);
  const overlay = wireOverlay(app, at("stage"), at("overlay"), canvas);
  wireHeader(app, document.querySelector(".header"));
  wireThemeButton(at("theme"));
  scenes.wireMenu(at("scene"), at("scenes"), at("file"));
  wireTransport(app, at("transport"));
  const openTable = wireTables(app, scenes, at("table"));
  wireSettings(app, { openTable, notices: scenes.notices, bar: at("settings-bar"), all: at("settings-all"), sheet: at("settings"), button: at("settings-button") });
  wireBanner(app, at("banner"));
  wireHelp(app, at("help"), at("help-body"));
  wireButtons(verbs);
  wireKeys(app, canvas, verbs);
  wireCanvas(app, canvas, { beforeInput: overlay.accept });
  wireClipboard(app, canvas);
  wirePanes(app, at("panes"));
  wireLens(app);
}

function wireMessages(app, notices) {
  app.on("download", ({ name, text }) => download(new Blob([text], { type: "text/csv" }), name));
  app.on("announce", ({ text }) => say(text));
  app.on("notice", ({ text, kind }) => notices.show(text, kind));
  app.on("failed", (failed) => showFailure(at("failure"), failed));
  app.on("state", sayWhatChanged);
}

async function startApp(app) {
  const load = async (name) => {
    const answer = await fetch(`fonts/${name}.ttf`);
    if (!answer.ok) throw new Error(`fonts/${name}.ttf: ${answer.status}`);
    return answer.arrayBuffer();
  };
  const fonts = await Promise.all(fontFiles.map(load));
  const { width, height } = canvas.getBoundingClientRect();
  const offscreen = canvas.transferControlToOffscreen();
  const config = {
    width,
    height,
    ratio: ratio(),
    dark: isDark(),
    reduced_motion: matchMedia("(prefers-reduced-motion: reduce)").matches,
    texts: allTexts(),
  };
  const folder = new URL("app/", location.href).href;
  app.send({ type: "start", canvas: offscreen, folder, fonts, config }, [offscreen, ...fonts]);
  onTheme(() => app.send({ type: "theme", dark: Number(isDark()) }));
  onLanguage(() => app.send({ type: "texts", texts: allTexts() }));
}

async function start() {
  followTheme();
  if (!supported()) return showFailure(at("failure"), { reason: "support" });
  const app = new App();
  const notices = new Notices(at("notices"));
  const scenes = new Scenes(app, notices);
  window.sandflow = {
    get state() { return app.state; },
    get catalog() { return app.catalog; },
    get lens() { return app.lens; },
    command: (command) => app.command(command),
    ready: app.ready,
    worker: app.worker,
  };
  wireMessages(app, notices);
  await Promise.all([loadTexts(), scenes.load()]);
  wirePage(app, scenes);
  // Sent ahead of the start, so that the app's first state is this scene's.
  await scenes.openFirst();
  await startApp(app);
  await app.ready;
  document.body.classList.remove("starting");
}

start().catch((error) => showFailure(at("failure"), { reason: "start", text: String(error.message ?? error) }));
