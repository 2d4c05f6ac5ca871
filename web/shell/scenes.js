// The scenes: a menu of those that come with the site, and the learner's own files.
import { dataOf, supply } from "./data.js";
import { shortcutOf } from "./keys.js";
import { pack, settingsBetween } from "./link.js";
import { inLanguage, onLanguage, t } from "./texts.js";
import { download, pngOf } from "./picture.js";

export class Scenes {
  list = [];
  #origin = {};  // Where the open scene is from: {file} of the site, a lesson's with {titles}, or {name} of the learner's own.

  constructor(app, notices) {
    this.app = app;
    this.notices = notices;
  }

  async load() {
    const answer = await fetch("scenes/index.json");
    this.list = answer.ok ? await answer.json() : [];
  }

  // A scene of the list, by the name that links know it by.
  find(name) {
    return this.list.find(({ file }) => file === name || file === `${name}.json`);
  }

  // The scene of the list that is open; the learner's own is none.
  current() {
    return this.list.find(({ file }) => file === this.#origin.file);
  }

  // The text of a scene of the list; nothing, and a notice, if it cannot be had.
  async read(file) {
    const answer = await fetch(`scenes/${file}`).catch(() => undefined);
    if (answer?.ok) return answer.text();
    this.notices.show(t("shell.scene-missing", { scene: file }), "error");
  }

  async open(file, titles) {
    const text = await this.read(file);
    if (text !== undefined) await this.openText(text, { file, titles });
  }

  async openFile(file) {
    await this.openText(await file.text(), { name: file.name.replace(/\.json$/, "") });
  }

  // What a link has to say for what is open, as it now is; `lesson`: the one that is open, if one is.
  async link(lesson) {
    const scene = JSON.parse(await this.app.save());
    const { file, json } = this.#origin;
    const settings = file && settingsBetween(JSON.parse(json), scene);
    if (!settings || !(lesson || this.current())) return { state: await pack(JSON.stringify(scene)) };
    // A lesson opens its scene itself.
    return { ...(lesson ?? { scene: file.replace(/\.json$/, "") }), ...settings };
  }

  // Nothing is thrown away: a scene that was edited can be brought back.
  async openText(text, origin) {
    const before = this.#origin;
    const edited = this.app.state?.can_undo ? await this.app.save() : undefined;
    if (!(await this.#give(text, origin))) return false;
    if (edited) this.notices.show(t("shell.replaced"), "info", {
      label: t("shell.bring-back"),
      does: () => this.#give(edited, before),
    });
    return true;
  }

  // The open scene with other settings.
  async reopen(text) {
    return (await supply(this.app, this.notices, dataOf(text))) && (await this.app.ask("opened", { do: "open", text })).ok;
  }

  // Whether the app took it; if not, it has said why and everything is as it was.
  async #give(text, origin) {
    if (!(await supply(this.app, this.notices, dataOf(text)))) return false;
    const opened = this.app.ask("opened", { do: "open", text });
    // As the app writes it, before anybody changes it: what a link then has to tell.
    const json = this.app.save();
    if (!(await opened).ok) return false;
    this.#origin = { json: await json, ...origin };
    this.showTitle();
    return true;
  }

  async save() {
    const json = await this.app.save();
    download(new Blob([json], { type: "application/json" }), this.#origin.file ?? `${this.title() || "sandflow"}.json`);
  }

  // The graph as a picture: "svg" or "png".
  async picture(kind) {
    const { svg } = await this.app.ask("picture", { do: "picture" });
    return kind === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : pngOf(svg);
  }

  async savePicture(kind) {
    const name = (this.#origin.file ?? (this.title() || "sandflow")).replace(/\.json$/, "");
    download(await this.picture(kind), `${name}.${kind}`);
  }

  title() {
    const listed = this.list.find(({ file }) => file === this.#origin.file);
    const titles = listed?.title ?? this.#origin.titles;
    return titles ? inLanguage(titles).replace(/<[^>]+>/g, "") : this.#origin.name || this.app.state?.title || "";
  }

  showTitle() {
    const title = this.title() || t("shell.untitled");
    document.getElementById("scene-title").textContent = title;
    document.title = `${title} · Sandflow`;
  }

  wireMenu(button, menu, chooser, share) {
    const item = (role, icon, label, does, checked) => {
      const made = document.createElement("button");
      made.type = "button";
      made.role = role;
      if (checked !== undefined) made.ariaChecked = String(checked);
      made.innerHTML = `<svg class="icon small" aria-hidden="true">${icon ? `<use href="#icon-${icon}"/>` : ""}</svg>`;
      made.append(label);
      made.addEventListener("click", () => {
        menu.hidePopover();
        does();
      });
      return made;
    };
    const withKey = (made, does) => {
      const key = document.createElement("kbd");
      key.textContent = shortcutOf(does);
      made.append(key);
      return made;
    };
    const fill = () => {
      const scenes = this.list.map(({ file, title }) => {
        const open = file === this.#origin.file;
        return item("menuitemradio", open ? "check" : "", inLanguage(title), () => this.open(file), open);
      });
      const line = document.createElement("hr");
      menu.replaceChildren(
        ...scenes,
        ...(scenes.length ? [line] : []),
        withKey(item("menuitem", "open", t("shell.open-file"), () => chooser.click()), "open"),
        withKey(item("menuitem", "save", t("shell.save-file"), () => this.save()), "save"),
        item("menuitem", "save", t("shell.save-svg"), () => this.savePicture("svg")),
        item("menuitem", "save", t("shell.save-png"), () => this.savePicture("png")),
        item("menuitem", "share", t("shell.share"), share),
      );
    };
    menu.addEventListener("beforetoggle", ({ newState }) => {
      if (newState !== "open") return;
      fill();
      const box = button.getBoundingClientRect();
      menu.style.left = `${Math.max(8, box.left)}px`;
      menu.style.top = `${box.bottom + 4}px`;
    });
    menu.addEventListener("toggle", ({ newState }) => {
      button.ariaExpanded = String(newState === "open");
      if (newState === "open") (menu.querySelector("[aria-checked=true]") ?? menu.querySelector("button")).focus();
    });
    menu.addEventListener("keydown", (event) => {
      const items = [...menu.querySelectorAll("button")];
      const here = items.indexOf(document.activeElement);
      const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key];
      if (event.key === "Tab") menu.hidePopover();
      if (to === undefined) return;
      event.preventDefault();
      items.at(to % items.length).focus();
    });
    chooser.addEventListener("change", () => {
      if (chooser.files[0]) this.openFile(chooser.files[0]);
      chooser.value = "";
    });
    onLanguage(() => {
      button.title = t("shell.scenes");
      this.showTitle();
    });
    this.app.on("state", () => this.#origin.file || this.showTitle());
  }
}
