// The sheet of keys and gestures: the page's keys from their table, the graph's from the app's.
import { keys, shownKey } from "./keys.js";
import { isTouched } from "./parts.js";
import { onLanguage, t } from "./texts.js";

const gestures = (names) => names.map((name) => [`shell.help.${name}.how`, `shell.help.${name}`]);
const sections = (actions) => {
  const all = [
    ["shell.help.keys", keys.filter((key) => key.shown).map((key) => [key, key.text])],
    ["shell.help.canvas", actions.map((action) => [action, `app.action.${action.name}`])],
    ["shell.help.mouse", gestures(["click", "double", "right", "drag", "wire", "loose", "pan", "marquee", "zoom"])],
    ["shell.help.touch", gestures(["tap", "tap-tap", "double-tap", "long", "several", "one-finger", "pinch"])],
    ["shell.help.fields", gestures(["arrows", "typing"])],
  ];
  // What is under the learner's hand comes first.
  if (isTouched()) all.unshift(...all.splice(3, 1));
  return all;
};

function element(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

export function wireHelp(app, dialog, body) {
  const write = () => {
    body.replaceChildren(
      ...sections(app.catalog?.actions ?? []).map(([title, rows]) => {
        const list = rows.map(([how, what]) =>
          element("div", element("dt", how.shown ? element("kbd", how.key === " " ? t("shell.space") : shownKey(how)) : t(how)), element("dd", t(what))),
        );
        return element("section", element("h3", t(title)), element("dl", ...list));
      }),
    );
  };
  app.on("catalog", write);
  onLanguage(write);
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
