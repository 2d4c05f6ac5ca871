// What the page says, in the visitor's language; switching is instant, for both languages are loaded.
import { address } from "./link.js";
import { recall, remember } from "./storage.js";

const languages = ["en", "ko"];
const texts = {};
const listeners = [];
let language = choose();

function choose() {
  const wished = [address.values.lang, recall("language")];
  return wished.find((wish) => languages.includes(wish)) ?? (navigator.language.startsWith("ko") ? "ko" : "en");
}

export async function loadTexts() {
  // Asked for anew: texts that a cache kept of another version may lack some.
  const load = async (name) => (texts[name] = await (await fetch(`languages/${name}.json`, { cache: "no-cache" })).json());
  await Promise.all(languages.map(load));
  write();
}

export const currentLanguage = () => language;

// Every text for the app, English where the language has none yet; the help of the other languages, to be found by it.
export const allTexts = () => ({ ...alsoTexts(), ...texts.en, ...texts[language] });

function alsoTexts() {
  const others = languages.filter((name) => name !== language).flatMap((name) => Object.entries(texts[name] ?? {}));
  return Object.fromEntries(others.filter(([key]) => key.startsWith("help.")).map(([key, text]) => [`also.${key}`, text]));
}

// The text of a key with its {values}; `otherwise` (or the key, so that a gap is seen) where there is none.
export function t(key, values = {}, otherwise = key) {
  const text = texts[language]?.[key] ?? texts.en?.[key] ?? otherwise;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// A sentence of the engine in the page's language: found among the keys that begin so by its English, whose {values} it
// keeps; itself where there is none.
export function ofEngine(keys, sentence) {
  for (const [key, english] of Object.entries(texts.en)) {
    if (!key.startsWith(keys)) continue;
    const pattern = english.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.*)");
    const found = sentence.match(new RegExp(`^(?:\\w+Error: )?${pattern}$`, "s"));
    if (found) return t(key, found.groups);
  }
  return sentence;
}

export const count = (number) => Number(number ?? 0).toLocaleString(language);

// One of {"en": ..., "ko": ...}.
export const inLanguage = (titles) => titles?.[language] ?? titles?.en ?? "";

// Calls back now and whenever the language changes.
export function onLanguage(listener) {
  listeners.push(listener);
  listener();
}

export function switchLanguage() {
  useLanguage(languages[(languages.indexOf(language) + 1) % languages.length]);
  remember("language", language);
}

// For this visit.
export function useLanguage(name) {
  language = name;
  write();
  for (const listener of listeners) listener();
}

function write() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = t(element.dataset.label);
}
