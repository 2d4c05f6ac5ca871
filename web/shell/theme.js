// Light or dark: the system's until the visitor chooses.
import { address } from "./link.js";
import { recall, remember } from "./storage.js";
import { onLanguage, t } from "./texts.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = [];
let chosen = [address.values.theme, recall("theme")].find((wish) =>
  ["light", "dark"].includes(wish),
);

export const isDark = () => (chosen ? chosen === "dark" : system.matches);
export const onTheme = (listener) => listeners.push(listener);

function show() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  for (const listener of listeners) listener();
}

// For this visit.
export function useTheme(name) {
  chosen = name;
  show();
}

export function followTheme() {
  show();
  system.addEventListener("change", show);
}

export function wireThemeButton(button) {
  const name = () => {
    const other = t(isDark() ? "shell.theme.light" : "shell.theme.dark");
    button.querySelector("use").setAttribute("href", isDark() ? "#icon-sun" : "#icon-moon");
    button.querySelector("span").textContent = other;
    button.ariaLabel = button.title = other;
  };
  onLanguage(name);
  onTheme(name);
  button.addEventListener("click", () => {
    chosen = isDark() ? "light" : "dark";
    remember("theme", chosen);
    show();
  });
}
