// The sheet of keys and gestures.
import { keys, shownKey } from "./keys.js";
import { onLanguage, t } from "./texts.js";

const sections = [
  ["shell.help.keys", [
    ...keys.filter((key) => key.shown).map((key) => [key, key.text]),
    ...["all", "delete", "nudge"].map((name) => [{ key: name, shown: { all: "Ctrl+A", delete: "Delete", nudge: "← ↑ → ↓" }[name] }, `shell.key.${name}`]),
  ]],
  ["shell.help.mouse", ["click", "double", "drag", "wire", "pan", "marquee", "zoom"].map((name) => [`shell.help.${name}.how`, `shell.help.${name}`])],
  ["shell.help.touch", ["tap", "one-finger", "pinch"].map((name) => [`shell.help.${name}.how`, `shell.help.${name}`])],
  ["shell.help.fields", ["arrows", "typing"].map((name) => [`shell.help.${name}.how`, `shell.help.${name}`])],
];

// What is under the learner's hand comes first.
if (matchMedia("(pointer: coarse)").matches) sections.unshift(...sections.splice(2, 1));

function element(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

export function wireHelp(dialog, body) {
  onLanguage(() => {
    body.replaceChildren(
      ...sections.map(([title, rows]) => {
        const list = rows.map(([how, what]) =>
          element("div", element("dt", how.shown ? element("kbd", how.key === " " ? t("shell.space") : shownKey(how)) : t(how)), element("dd", t(what))),
        );
        return element("section", element("h3", t(title)), element("dl", ...list));
      }),
    );
  });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
