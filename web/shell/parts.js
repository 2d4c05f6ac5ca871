// What of the page is shown: an embed can do without parts of it.
import { address, parts } from "./link.js";

// In somebody else's page, or in our own preview of one.
export const embedded = window.parent !== window;
// Whether a finger is what the reader has at hand.
export const isTouched = () => matchMedia("(pointer: coarse)").matches;
// In a frame that is not trusted, or from a file: no storage, and nothing can be fetched.
export const isAlone = self.origin === "null";

let hidden = new Set();
const listeners = [];

export const hides = (part) => hidden.has(part);

// An embed is of a lesson or of none.
export function hideParts(names = [], lesson) {
  hidden = new Set(embedded && !lesson ? [...names, "lesson"] : names);
  for (const part of parts) document.documentElement.classList.toggle(`hide-${part}`, hidden.has(part));
  for (const listener of listeners) listener();
}

export const showPart = (part) => hideParts([...hidden].filter((each) => each !== part), true);

// Calls back whenever other parts are shown.
export const onParts = (listener) => listeners.push(listener);

document.documentElement.classList.toggle("embedded", embedded);
hideParts(address.values.hide, address.values.lesson);
