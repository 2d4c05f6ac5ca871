// The dialog for sharing: a link, an embed for somebody's page with a live preview, and files for where there is no net.
import { say } from "./announce.js";
import { installing } from "./offline.js";
import { openedLesson } from "./lesson.js";
import { longest, parameters, parts, writeLink } from "./link.js";
import { isAlone } from "./parts.js";
import { onLanguage, t } from "./texts.js";

const site = new URL("./", location.href).href;
const page = (link) => `${isAlone ? location.href.replace(/#.*/, "") : site}${link && `#${link}`}`;

// --- Pieces ---

function element(tag, properties = {}, ...children) {
  const { data = {}, ...plain } = properties;
  const made = Object.assign(document.createElement(tag), plain);
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

// A text of the page in the language of the moment; `also` is what follows it.
const text = (tag, key, properties = {}) => element(tag, { ...properties, data: { text: key } });

function choice(key, options, changed) {
  const select = element("select", {}, ...options.map(([value, label]) => element("option", { value, data: { text: label } })));
  select.addEventListener("change", changed);
  const label = element("label", { className: "share-field" }, text("span", key, { className: "label" }), element("span", { className: "box" }, select, element("span", { className: "arrow" })));
  return { element: label, select, get value() { return select.value; } };
}

function check(key, changed, checked = false) {
  const input = element("input", { type: "checkbox", checked });
  input.addEventListener("change", changed);
  const made = element("label", { className: "share-check" }, input, text("span", key));
  return { element: made, input, get value() { return input.checked; } };
}

// A number of pixels; out of its range it counts as the nearest that is in it.
function pixels(key, initial, [minimum, maximum], changed) {
  const input = element("input", { type: "number", value: initial, min: minimum, max: maximum, step: 10, inputMode: "numeric" });
  input.addEventListener("input", changed);
  input.addEventListener("change", () => (input.value = read()));
  const read = () => Math.min(maximum, Math.max(minimum, Math.round(input.valueAsNumber || initial)));
  const made = element("label", { className: "share-field pixels" }, text("span", key, { className: "label" }), element("span", { className: "box" }, input));
  return { element: made, input, get value() { return read(); } };
}

// A text to be taken away, and the button for it.
function copyable(label, rows = 1) {
  const area = element("textarea", { readOnly: true, rows, spellcheck: false, className: "share-code", data: { label } });
  const button = element("button", { type: "button", className: "button copy" }, text("span", "shell.share.copy"));
  area.addEventListener("focus", () => area.select());
  let back;
  button.addEventListener("click", async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(area.value);
    } catch {
      // Where the clipboard is closed to us, the old way may be open.
      area.select();
      done = document.execCommand("copy");
    }
    const words = button.firstChild;
    words.dataset.text = done ? "shell.share.copied" : "shell.share.copy-by-hand";
    words.textContent = t(words.dataset.text);
    say(words.textContent);
    clearTimeout(back);
    back = setTimeout(() => (words.textContent = t((words.dataset.text = "shell.share.copy"))), 2500);
  });
  return { element: element("div", { className: "share-take" }, area, button), area, button };
}

const escaped = (value) => value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

// --- The three panels. Each is {element, show(link)}: `link` is what the scene, as it is now, is opened by ---

const languages = [["", "shell.share.readers"], ["ko", "shell.language.ko"], ["en", "shell.language.en"]];
const themes = [["", "shell.share.readers"], ["light", "shell.theme.light"], ["dark", "shell.theme.dark"]];

function linkPanel({ app, scenes }) {
  let scene = {};
  const write = () => {
    const now = app.state ?? {};
    const values = {
      ...scene,
      lang: language.value || undefined,
      theme: theme.value || undefined,
      steps: steps.value && now.step > 0 ? Math.min(now.step, 100000) : undefined,
      play: play.value || undefined,
    };
    const link = page(writeLink(values));
    const tooLong = link.length > longest;
    taken.area.value = tooLong ? "" : link;
    taken.element.hidden = tooLong;
    file.hidden = !tooLong;
    about.dataset.text = tooLong ? "shell.share.too-long" : scene.state ? "shell.share.whole" : "shell.share.named";
    about.textContent = t(about.dataset.text, { length: link.length.toLocaleString() });
  };
  const language = choice("shell.share.language", languages, write);
  const theme = choice("shell.share.theme", themes, write);
  const steps = check("shell.share.steps", write);
  const play = check("shell.share.play", write);
  const taken = copyable("shell.share.link", 3);
  const about = element("p", { className: "about" });
  const file = element("button", { type: "button", className: "button", hidden: true }, text("span", "shell.save-file"));
  file.addEventListener("click", () => scenes.save());
  const table = element("table", {}, element("tbody"));
  const more = element("details", { className: "share-more" }, text("summary", "shell.share.parameters"), table);
  onLanguage(() => table.tBodies[0].replaceChildren(...parameters.map(described)));
  return {
    name: "link",
    element: element("section", {}, taken.element, about, file,
      element("div", { className: "share-fields" }, language.element, theme.element),
      element("div", { className: "share-checks" }, steps.element, play.element), more),
    show(latest) {
      scene = latest;
      steps.element.hidden = !(app.state?.step > 0);
      write();
    },
    rewrite: write,
  };
}

// A parameter as a row of the table: how it is written, and what for.
function described({ name, example, choices }) {
  const values = name === "hide" ? "" : (choices?.join(" · ") ?? "");
  const written = example === undefined ? `${name}=…` : writeLink({ [name]: example });
  const about = element("td", { textContent: t(`shell.link.${name}`) });
  if (name === "hide") about.append(" ", element("span", { className: "share-values", textContent: choices.join(", ") }));
  else if (values) about.append(" ", element("span", { className: "share-values", textContent: values }));
  return element("tr", {}, element("th", { scope: "row" }, element("code", { textContent: written })), about);
}

function embedPanel({ app, scenes }) {
  let scene = {};
  let waiting;
  const changed = () => {
    write();
    clearTimeout(waiting);
    waiting = setTimeout(preview, 250);
  };
  const kind = choice("shell.share.kind", [["iframe", "shell.share.iframe"], ["element", "shell.share.element"]], changed);
  const wide = choice("shell.share.width", [["100%", "shell.share.full-width"], ["pixels", "shell.share.pixels"]], changed);
  const width = pixels("shell.share.width-pixels", 720, [280, 2400], changed);
  const high = choice("shell.share.height", [["own", "shell.share.own-height"], ["pixels", "shell.share.pixels"]], changed);
  const height = pixels("shell.share.height-pixels", 520, [200, 1600], changed);
  const language = choice("shell.share.language", languages, changed);
  const theme = choice("shell.share.theme", themes, changed);
  const hidden = parts.map((part) => [part, check(`shell.part.${part}`, changed)]);
  const play = check("shell.share.play", changed);
  const isolated = check("shell.share.isolated", changed);
  const code = copyable("shell.share.code", 5);
  const newFrame = () => element("iframe", { className: "share-frame", title: t("shell.share.preview"), data: { label: "shell.share.preview" } });
  let frame = newFrame();
  const stage = element("div", { className: "share-stage" });
  let room = 0;
  new ResizeObserver(() => stage.clientWidth && stage.clientWidth !== room && preview()).observe(stage);
  const poster = element("button", { type: "button", className: "button" }, text("span", "shell.share.poster"));
  poster.addEventListener("click", () => scenes.savePicture("png"));
  const about = element("p", { className: "about" });

  const values = () => ({
    ...scene,
    lang: language.value || undefined,
    theme: theme.value || undefined,
    hide: hidden.filter(([, { value }]) => value).map(([part]) => part),
    play: play.value || undefined,
  });
  const sizes = () => ({
    width: wide.value === "100%" ? "100%" : String(width.value),
    height: high.value === "own" && kind.value === "element" ? undefined : String(height.value),
  });
  const write = () => {
    const link = writeLink(values());
    const { width: w, height: h } = sizes();
    const isElement = kind.value === "element";
    // An iframe has the height it is given.
    high.element.hidden = !isElement;
    width.element.hidden = w === "100%";
    height.element.hidden = h === undefined;
    poster.hidden = !isElement;
    const title = escaped(document.title);
    const attributes = (list) => list.map(([name, value]) => (value === true ? ` ${name}` : ` ${name}="${value}"`)).join("");
    code.area.value = isElement
      ? `<script src="${escaped(site)}embed/sandflow-sandbox.js" async></script>\n<sandflow-sandbox${attributes([
          ["src", escaped(`#${link}`)], ["title", title],
          ...(w === "100%" ? [] : [["width", w]]), ...(h === undefined ? [] : [["height", h]]),
          ...(isolated.value ? [["isolated", true]] : []),
        ])}></sandflow-sandbox>`
      : `<iframe${attributes([
          ["src", escaped(page(link))], ["title", title], ["width", w], ["height", h], ["loading", "lazy"],
          ...(isolated.value ? [["sandbox", "allow-scripts"]] : []), ["style", "border: 0"],
        ])}></iframe>`;
    about.dataset.text = site.startsWith("http") ? (code.area.value.length > longest ? "shell.share.embed-long" : "shell.share.embed-hint") : "shell.share.embed-file";
    about.textContent = t(about.dataset.text);
  };
  const preview = () => {
    const { width: w, height: h } = sizes();
    // The rules of a frame are those it was loaded under.
    if (frame.hasAttribute("sandbox") !== isolated.value) {
      frame.remove();
      frame = newFrame();
      if (isolated.value) frame.setAttribute("sandbox", "allow-scripts");
    }
    if (!frame.isConnected) stage.append(frame);
    room = stage.clientWidth;
    const natural = w === "100%" ? Math.max(room, 320) : Number(w);
    const scale = Math.min(1, room / natural);
    frame.style.width = `${natural}px`;
    frame.style.height = `${h ?? height.value}px`;
    frame.style.transform = `scale(${scale})`;
    stage.style.height = `${Math.round((h ?? height.value) * scale)}px`;
    // A frame follows its new address without loading anew.
    const address = page(writeLink(values()));
    if (frame.dataset.address !== address) frame.src = address;
    frame.dataset.address = address;
  };
  const group = (label, ...children) => element("fieldset", {}, text("legend", label, { className: "label" }), ...children);
  return {
    name: "embed",
    element: element("section", { className: "share-embed" },
      element("div", { className: "share-choices" },
        element("div", { className: "share-fields" }, kind.element, language.element, theme.element, wide.element, width.element, high.element, height.element),
        group("shell.share.hide", element("div", { className: "share-checks" }, ...hidden.map(([, each]) => each.element))),
        element("div", { className: "share-checks" }, play.element, isolated.element)),
      element("div", { className: "share-result" }, stage, code.element, about, poster)),
    show(latest) {
      scene = latest;
      write();
      preview();
    },
    hide() {
      frame.remove();
      frame = newFrame();
    },
    rewrite: write,
  };
}

function offlinePanel() {
  const item = (key, file, size) =>
    element("li", {}, element("a", { className: "button", href: file, download: file.split("/").at(-1) }, text("span", `shell.share.${key}`)),
      text("p", `shell.share.${key}-about`));
  const install = element("li", { hidden: true }, element("button", { type: "button", className: "button" }, text("span", "shell.share.install")), text("p", "shell.share.install-about"));
  install.firstChild.addEventListener("click", () => installing.ask?.());
  const files = element("ul", { className: "share-files" }, install, item("single", "sandflow.html"), item("zip", "sandflow-site.zip"));
  return {
    name: "offline",
    element: element("section", {}, text("p", "shell.share.offline-about"), files),
    show: () => (install.hidden = !installing.ask),
    rewrite: () => {},
  };
}

// --- The dialog ---

export function createShare(app, scenes) {
  const panels = [linkPanel({ app, scenes }), embedPanel({ app, scenes }), ...(isAlone ? [] : [offlinePanel()])];
  const tabs = panels.map(({ name }) => element("button", { type: "button", role: "tab", id: `share-tab-${name}`, data: { text: `shell.share.tab.${name}` } }));
  const list = element("div", { className: "share-tabs", role: "tablist", data: { label: "shell.share" } }, ...tabs);
  const close = element("button", { type: "button", className: "quiet close", data: { label: "shell.close" } });
  close.innerHTML = `<svg class="icon" aria-hidden="true"><use href="#icon-close"/></svg>`;
  const title = text("h2", "shell.share", { id: "share-title" });
  const dialog = element("dialog", { id: "share", className: "share" },
    element("header", {}, title, list, close), element("div", { className: "share-body" }, ...panels.map((panel) => panel.element)));
  dialog.setAttribute("aria-labelledby", "share-title");
  panels.forEach((panel, i) => {
    panel.element.role = "tabpanel";
    panel.element.setAttribute("aria-labelledby", tabs[i].id);
  });
  let chosen = 0;
  let link = {};
  const choose = (index) => {
    panels[chosen].hide?.();
    chosen = index;
    tabs.forEach((tab, i) => {
      tab.ariaSelected = String(i === index);
      tab.tabIndex = i === index ? 0 : -1;
      panels[i].element.hidden = i !== index;
    });
    panels[index].show(link);
  };
  tabs.forEach((tab, i) => tab.addEventListener("click", () => choose(i)));
  list.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    choose((chosen + step + tabs.length) % tabs.length);
    tabs[chosen].focus();
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => panels[chosen].hide?.());
  document.body.append(dialog);
  onLanguage(() => {
    for (const each of dialog.querySelectorAll("[data-text]")) if (!each.matches(".about")) each.textContent = t(each.dataset.text);
    for (const each of dialog.querySelectorAll("[data-label]")) each.ariaLabel = t(each.dataset.label);
    close.title = close.ariaLabel;
    panels[chosen].rewrite();
  });
  return {
    async show() {
      link = await scenes.link(openedLesson());
      dialog.showModal();
      choose(chosen);
    },
  };
}
