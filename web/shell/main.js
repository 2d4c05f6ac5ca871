// Starts the page: texts, the app in its worker, and everything around the canvas.
import { say, sayWhatChanged } from "./announce.js";
import { App } from "./app.js";
import { ratio, wireCanvas } from "./canvas.js";
import { wireClipboard } from "./clipboard.js";
import { supply, wireTables } from "./data.js";
import { wireFrame } from "./frame.js";
import { wireHeader } from "./header.js";
import { wireHelp } from "./help.js";
import { wireKeys } from "./keys.js";
import { lensVerbs, wireLens } from "./lens.js";
import { openedLesson, wireLessons } from "./lesson.js";
import { address, readLink, writeLink } from "./link.js";
import { Notices, showFailure, wireBanner } from "./notices.js";
import { keepSite } from "./offline.js";
import { followAddress, open, prepare, problemText } from "./opening.js";
import { wireOutline } from "./outline.js";
import { wireOverlay } from "./overlay.js";
import { wirePanes } from "./panes.js";
import { dataUrl, download, pngOf } from "./picture.js";
import { Scenes } from "./scenes.js";
import { wireSettings } from "./settings.js";
import { allTexts, loadTexts, onLanguage, t } from "./texts.js";
import { followTheme, isDark, onTheme, wireThemeButton } from "./theme.js";
import { wireButtons, wireTransport } from "./transport.js";

const at = (id) => document.getElementById(id);
const canvas = at("canvas");
// In the order the app numbers them; the page is set in the same ones.
const fonts = [
  { file: "text-regular", family: "Sandflow Text", weight: 400 },
  { file: "text-semibold", family: "Sandflow Text", weight: 600 },
  { file: "mono-regular", family: "Sandflow Mono", weight: 400 },
  { file: "symbols", family: "Sandflow Symbols", weight: 400 },  // The few signs that neither has.
];

function supported() {
  return "OffscreenCanvas" in window && "transferControlToOffscreen" in HTMLCanvasElement.prototype;
}

let shared;  // Made when it is first wanted.

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
    share: async () => {
      try {
        shared ??= (await import("./share.js")).createShare(app, scenes);
      } catch {
        return scenes.notices.show(t("shell.share.missing"), "error");
      }
      await shared.show();
    },
  };
}

function wirePage(app, scenes) {
  const verbs = verbsOf(app, scenes);
  const overlay = wireOverlay(app, at("stage"), at("overlay"), canvas);
  wireHeader(app, document.querySelector(".header"));
  wireThemeButton(at("theme"));
  scenes.wireMenu(at("scene"), at("scenes"), at("file"), verbs.share);
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
  wireOutline(app, at("outline"));
}

function wireNotices(app, notices) {
  app.on("chart", async ({ name, svg }) => download(await pngOf(svg), `${name}.png`));
  app.on("download", ({ name, text }) => download(new Blob([text], { type: "text/csv" }), name));
  app.on("announce", ({ text }) => say(text));
  app.on("notice", ({ text, kind }) => notices.show(text, kind));
  app.on("failed", (failed) => showFailure(at("failure"), failed));
  app.on("state", sayWhatChanged);
}

function wireOutside(app, scenes, notices) {
  const parts = { app, scenes, notices };
  const openLink = async (link) => open(await prepare(link, scenes, true), parts);
  wireFrame(app, {
    supply: (name) => supply(app, notices, name),
    link: async () => writeLink(await scenes.link(openedLesson())),
    picture: async (kind) => dataUrl(await scenes.picture(kind)),
    openScene: async (scene) => (await scenes.openText(JSON.stringify(scene), {})) ? "" : "the scene was refused.",
    openLink: async (text) => {
      const problems = await openLink(readLink(text));
      return problems.length ? problemText(problems) : "";
    },
  });
  followAddress(parts);
}

async function loadFont({ file, family, weight }) {
  const answer = await fetch(`fonts/${file}.ttf`);
  if (!answer.ok) throw new Error(`fonts/${file}.ttf: ${answer.status}`);
  const font = await answer.arrayBuffer();
  document.fonts.add(new FontFace(family, font.slice(0), { weight: String(weight) }));
  return font;
}

async function startApp(app, fonts) {
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
  app.send({ type: "start", canvas: offscreen, fonts, config }, [offscreen, ...fonts]);
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
  wireNotices(app, notices);
  const loading = Promise.all(fonts.map(loadFont));
  loading.catch(() => {});  // Told where it is waited for.
  await Promise.all([loadTexts(), scenes.load()]);
  wirePage(app, scenes);
  wireOutside(app, scenes, notices);
  await wireLessons(app, scenes, notices);
  // Sent ahead of the start, so that the app's first state is this scene's.
  const opened = open(await prepare(address, scenes), { app, scenes, notices });
  await startApp(app, await loading);
  await Promise.all([app.ready, opened]);
  document.body.classList.remove("starting");
  keepSite(notices);
}

start().catch((error) => showFailure(at("failure"), { reason: "start", text: String(error.message ?? error) }));
