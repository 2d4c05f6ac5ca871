// The column of lessons beside the graph: the list, one step of a lesson at a time, its progress and its result code.
import { say } from "./announce.js";
import { blockMakers } from "./lesson_blocks.js";
import { Doer } from "./lesson_doer.js";
import { showPane } from "./panes.js";
import { recall, remember } from "./storage.js";
import { count, currentLanguage, inLanguage, onLanguage, t } from "./texts.js";

const at = (id) => document.getElementById(id);
const phone = matchMedia("(max-width: 759px)");
const letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";  // None that is taken for another.

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export const icon = (name) => `<svg class="icon small" aria-hidden="true"><use href="#icon-${name}"/></svg>`;

// Four letters that say whether a code was copied right.
function checkOf(text) {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return [0, 5, 10, 15].map((shift) => letters[(hash >>> shift) & 31]).join("");
}

// "momentum-4/4-2/3-K7QX": goals met without being shown how, predictions that came true, and the check.
export function resultCode(name, tasks, done) {
  const share = (kind, good) => `${tasks.filter((task) => task.kind === kind && good(done?.[task.id])).length}/${tasks.filter((task) => task.kind === kind).length}`;
  const text = `${name}-${share("goal", (goal) => goal?.met)}-${share("predict", (guess) => guess?.right)}`;
  return `${text}-${checkOf(text)}`;
}

class Lessons {
  list = [];
  open;         // The entry of the list that is open, its pages by language, and the step.
  live = [];    // What follows the state while this step is shown.
  #progress = {};
  #pages = new Map();

  constructor(app, scenes, notices) {
    Object.assign(this, { app, scenes, notices });
    try {
      this.#progress = JSON.parse(recall("lessons") ?? "{}");
    } catch {
      // Somebody else's: progress begins anew.
    }
    this.doer = new Doer(app, () => this.#openScene());
    this.column = at("lesson");
    this.body = at("lesson-body");
  }

  async load() {
    const answer = await fetch("lessons/list.json");
    this.list = answer.ok ? await answer.json() : [];
  }

  wire() {
    const button = at("lessons");
    button.addEventListener("click", () => (this.column.hidden ? this.resume() : this.fold()));
    at("lesson-close").addEventListener("click", () => {
      this.fold();
      button.focus();
    });
    at("lesson-list").addEventListener("click", () => this.showList(true));
    at("lesson-back").addEventListener("click", () => this.go(this.open.step - 1));
    at("lesson-next").addEventListener("click", () => this.next());
    const follow = () => {
      for (const show of this.live) show();
    };
    for (const message of ["state", "lens"]) this.app.on(message, follow);
    onLanguage(() => this.column.hidden || this.show());
    // On a phone the column is one of the panes, and always there.
    const fit = () => phone.matches && this.column.hidden && this.unfold();
    phone.addEventListener("change", fit);
    fit();
  }

  // --- Which lesson, which step ---

  resume() {
    this.unfold();
    this.column.focus();
  }

  unfold(shows = true) {
    this.column.hidden = false;
    document.body.classList.add("with-lesson");
    at("lessons").ariaExpanded = "true";
    if (shows) this.show();
  }

  fold() {
    if (phone.matches) return showPane("graph");
    this.column.hidden = true;
    document.body.classList.remove("with-lesson");
    at("lessons").ariaExpanded = "false";
    this.point([]);
  }

  // Whether there is such a lesson; `step` counts from 0.
  async openLesson(name, step) {
    const entry = this.list.find((each) => each.name === name);
    if (!entry) return false;
    const before = this.open;
    this.open = { entry, step: Math.min(step ?? this.progressOf(name).at ?? 0, entry.steps) };
    try {
      await this.#page();
    } catch {
      this.open = before;
      this.notices.show(t("shell.lesson.missing", { lesson: inLanguage(entry.title) }), "error");
      return false;
    }
    this.doer.begin();
    await this.#openScene();
    this.unfold(false);
    if (phone.matches) showPane("lesson");
    await this.show();
    return true;
  }

  async #openScene() {
    const { entry } = this.open;
    // Outside the lens, which would speak of a new session.
    this.app.command({ do: "lens", verb: "off" });
    await this.scenes.open(`${entry.scene ?? entry.name}.json`, entry.title);
    await this.doer.run(entry.opens ?? "mode training");
  }

  async #page() {
    const key = `${this.open.entry.name}.${currentLanguage()}`;
    if (!this.#pages.has(key)) {
      const answer = await fetch(`lessons/${key}.json`);
      if (!answer.ok) throw new Error(key);
      this.#pages.set(key, await answer.json());
    }
    return this.#pages.get(key);
  }

  next() {
    const { entry, step } = this.open;
    if (step < entry.steps) return this.go(step + 1);
    const following = this.list[this.list.indexOf(entry) + 1];
    if (!following) return this.showList(true);
    return this.openLesson(following.name, 0).then((isOpen) => isOpen && this.body.querySelector("h2").focus());
  }

  go(step) {
    this.open.step = Math.max(0, Math.min(step, this.open.entry.steps));
    this.#keep(this.open.entry.name, (progress) => {
      progress.at = this.open.step;
      if (this.open.step === this.open.entry.steps) progress.finished = true;
    });
    this.show(true);
  }

  // --- Progress: per lesson {at, finished, done: {"2.0": {right, …}}} ---

  progressOf = (name) => this.#progress[name] ?? {};

  #keep(name, change) {
    change((this.#progress[name] ??= {}));
    remember("lessons", JSON.stringify(this.#progress));
  }

  // What was done in a block. It stays that block's, whatever has been opened by the time its run is over.
  #deedOf(name, step, block) {
    const id = `${step}.${block}`;
    return {
      get: () => this.progressOf(name).done?.[id],
      keep: (what) => {
        this.#keep(name, (progress) => {
          progress.done ??= {};
          if (what) progress.done[id] = what;
          else delete progress.done[id];
        });
        // For the page around an embed.
        if (what?.met) document.dispatchEvent(new CustomEvent("sandflow-goal", { detail: { lesson: name, step: step + 1 } }));
      },
    };
  }

  // --- What the column shows ---

  async show(moves = false) {
    if (!this.open) return this.showList();
    const { entry, step } = this.open;
    const page = await this.#page();
    if (this.open?.entry !== entry || this.open.step !== step) return;
    this.live = [];
    this.column.classList.remove("choosing");
    at("lesson-title").innerHTML = page.title;
    if (step < page.steps.length) this.#showStep(page, step);
    else this.#showEnd(page);
    this.#showFoot(page, step);
    this.body.dataset.step = step;
    this.body.scrollTop = 0;
    if (moves) this.body.querySelector("h2")?.focus();
  }

  #showStep(page, index) {
    const step = page.steps[index];
    const heading = element("h2", { tabIndex: -1, innerHTML: step.title });
    const text = element("div", { className: "lesson-text", innerHTML: step.html });
    for (const place of text.querySelectorAll("[data-block]")) {
      const block = step.blocks[place.dataset.block];
      const made = blockMakers[block.kind](block, {
        app: this.app, doer: this.doer, kept: page.kept, deed: this.#deedOf(this.open.entry.name, index, place.dataset.block),
      });
      place.replaceWith(made.element);
      if (made.follow) {
        this.live.push(made.follow);
        made.follow();
      }
    }
    for (const table of text.querySelectorAll("table")) table.replaceWith(element("div", { className: "wide-table", tabIndex: 0, role: "group" }, table.cloneNode(true)));
    this.body.replaceChildren(heading, text);
    const links = [...text.querySelectorAll(".points")];
    const nodes = links.map((link) => link.dataset.point).filter((what) => !what.startsWith("@")).flatMap((what) => what.split(","));
    this.point(nodes);
    for (const link of links) {
      const what = link.dataset.point;
      const only = () => this.point(what.startsWith("@") ? [] : what.split(","), what.startsWith("@") ? what.slice(1) : undefined);
      link.addEventListener("click", () => {
        if (phone.matches && !what.startsWith("@")) showPane("graph");
        only();
      });
      link.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && only());
      link.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && this.point(nodes));
      link.title = t(what.startsWith("@") ? "shell.lesson.point-control" : "shell.lesson.point-node");
    }
  }

  // Rings on the graph around these nodes, and around a control of the page.
  point(nodes, control) {
    this.app.command({ do: "highlight", nodes });
    document.querySelector(".pointed")?.classList.remove("pointed");
    if (!control) return;
    const seen = [at(control), ...document.querySelectorAll(`[data-does="${CSS.escape(control)}"], [data-key="${CSS.escape(control)}"]`)]
      .find((each) => each?.checkVisibility());
    (seen ?? at("settings-button")).classList.add("pointed");
  }

  tasksOf = (page) => page.steps.flatMap((step, i) => step.blocks.map((block, k) => ({ kind: block.kind, id: `${i}.${k}` }))
    .filter(({ kind }) => kind === "predict" || kind === "goal"));

  #showEnd(page) {
    const { entry } = this.open;
    const { done } = this.progressOf(entry.name);
    const tasks = this.tasksOf(page);
    const tally = (kind, good) => ({ of: count(tasks.filter((task) => task.kind === kind).length), count: count(tasks.filter((task) => task.kind === kind && good(done?.[task.id])).length) });
    const lines = [];
    if (tasks.some(({ kind }) => kind === "goal")) lines.push(t("shell.lesson.goals", tally("goal", (goal) => goal?.met)));
    if (tasks.some(({ kind }) => kind === "predict")) lines.push(t("shell.lesson.guesses", tally("predict", (guess) => guess?.right)));
    const code = element("output", { className: "result-code", textContent: resultCode(entry.name, tasks, done) });
    const copy = element("button", { type: "button", className: "button", textContent: t("shell.lesson.copy-code") });
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        getSelection().selectAllChildren(code);
        document.execCommand("copy");
      }
      say(t("shell.lens.copied"));
      copy.textContent = t("shell.lens.copied");
    });
    this.body.replaceChildren(
      element("h2", { tabIndex: -1, textContent: t("shell.lesson.finished") }),
      element("div", { className: "lesson-text" },
        element("ul", { className: "tally" }, ...lines.map((line) => element("li", { textContent: line }))),
        element("p", { textContent: t("shell.lesson.code-about") }),
        element("p", { className: "code-line" }, code, copy)),
    );
    this.point([]);
  }

  #showFoot(page, step) {
    const last = step >= page.steps.length;
    const back = at("lesson-back");
    const next = at("lesson-next");
    back.disabled = step === 0;
    back.textContent = t("shell.lesson.back");
    const following = this.list[this.list.indexOf(this.open.entry) + 1];
    next.textContent = t(last ? (following ? "shell.lesson.next-lesson" : "shell.lesson.all") : step === page.steps.length - 1 ? "shell.lesson.finish" : "shell.lesson.next");
    next.title = last && following ? inLanguage(following.title).replace(/<[^>]+>/g, "") : "";
    at("lesson-place").textContent = last ? "" : t("shell.lesson.place", { at: count(step + 1), of: count(page.steps.length) });
    at("lesson-bar").style.setProperty("--share", step / page.steps.length);
  }

  showList(leaves = false) {
    if (leaves) this.open = undefined;
    this.live = [];
    this.point([]);
    this.column.classList.add("choosing");
    at("lesson-title").textContent = t("shell.lessons");
    const parts = new Map();
    for (const entry of this.list) parts.set(entry.part, [...(parts.get(entry.part) ?? []), entry]);
    const finished = this.list.filter(({ name }) => this.progressOf(name).finished).length;
    const row = (entry) => {
      const { at: step, finished: isFinished } = this.progressOf(entry.name);
      const place = element("span", { className: "number", textContent: count(this.list.indexOf(entry) + 1) });
      if (isFinished) place.innerHTML = icon("check");
      const title = element("span", { className: "name", innerHTML: inLanguage(entry.title) });
      const state = element("span", { className: "where", textContent: isFinished ? t("shell.lesson.is-finished") : step ? t("shell.lesson.place", { at: count(step + 1), of: count(entry.steps) }) : "" });
      const button = element("button", { type: "button", className: isFinished ? "entry finished" : step ? "entry begun" : "entry" }, place, title, state);
      button.dataset.lesson = entry.name;
      button.addEventListener("click", async () => {
        if (await this.openLesson(entry.name, isFinished ? 0 : undefined)) this.body.querySelector("h2").focus();
      });
      return element("li", {}, button);
    };
    this.body.replaceChildren(
      element("h2", { tabIndex: -1, textContent: t("shell.lesson.list") }),
      element("p", { className: "about", textContent: t("shell.lesson.list-about") }),
      element("p", { className: "about sum", textContent: t("shell.lesson.sum", { count: count(finished), of: count(this.list.length) }) }),
      ...[...parts].flatMap(([part, entries]) => [
        element("h3", { textContent: t(`shell.lesson.part.${part}`) }),
        element("ol", { className: "entries" }, ...entries.map(row)),
      ]),
    );
    this.body.scrollTop = 0;
    if (leaves) this.body.querySelector("h2").focus();
  }
}

let lessons;
let wired;
const whenWired = new Promise((done) => (wired = done));

export async function wireLessons(app, scenes, notices) {
  lessons = new Lessons(app, scenes, notices);
  await lessons.load();
  lessons.wire();
  wired(lessons);
}

// What is open, as a link says it; nothing if the list is.
export const openedLesson = () => lessons?.open && { lesson: lessons.open.entry.name, step: lessons.open.step + 1 };

// Opens a lesson at a step, counted from 0; without one, where the learner left it. Whether there is such a lesson.
export const openLesson = async (name, step) => (await whenWired).openLesson(name, step);
