// The header's own buttons: what can be undone, and the language.
import { onLanguage, switchLanguage } from "./texts.js";

export function wireHeader(app, header) {
  const undo = header.querySelector("[data-does=undo]");
  const redo = header.querySelector("[data-does=redo]");
  const show = () => {
    undo.disabled = !app.state?.can_undo;
    redo.disabled = !app.state?.can_redo;
  };
  app.on("state", show);
  show();

  const language = document.getElementById("language");
  language.addEventListener("click", switchLanguage);
  // The button is written in the language that it leads to.
  onLanguage(() => (language.lang = document.documentElement.lang === "ko" ? "en" : "ko"));
}
