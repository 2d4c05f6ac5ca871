// The page's keys: one list, from which the keyboard, the buttons' titles and the help sheet are made.
const onMac = /Mac|iPhone|iPad/.test(navigator.platform);

// `key` as KeyboardEvent.key; `anywhere`: also while a button has the focus (where Space is the button's).
export const keys = [
  { does: "toggle", key: " ", shown: "Space", text: "shell.key.toggle" },
  { does: "step", key: ".", shown: ".", text: "shell.key.step", anywhere: true },
  { does: "epoch", key: ">", shown: ">", text: "shell.key.epoch", anywhere: true },
  { does: "reset", key: "r", shift: true, shown: "Shift+R", text: "shell.key.reset", anywhere: true },
  { does: "undo", key: "z", ctrl: true, shown: "Ctrl+Z", text: "shell.key.undo", anywhere: true },
  { does: "redo", key: "z", ctrl: true, shift: true, shown: "Ctrl+Shift+Z", text: "shell.key.redo", anywhere: true },
  { does: "redo", key: "y", ctrl: true, anywhere: true },
  { does: "fit", key: "f", shown: "F", text: "shell.key.fit", anywhere: true },
  { does: "open", key: "o", ctrl: true, shown: "Ctrl+O", text: "shell.key.open", anywhere: true },
  { does: "save", key: "s", ctrl: true, shown: "Ctrl+S", text: "shell.key.save", anywhere: true },
  { does: "help", key: "?", shown: "?", text: "shell.key.help", anywhere: true },
];

export const shownKey = (key) => (onMac ? key.shown.replace("Ctrl", "⌘") : key.shown);

// The key to press for a verb, as a title shows it; nothing if it has none.
export function shortcutOf(does) {
  const key = keys.find((each) => each.does === does);
  return key && shownKey(key);
}

// The letter on the key, also while a Korean input method would make a jamo of it.
export function letterOf(event) {
  if (/^Key[A-Z]$/.test(event.code) && !/^[!-~]$/.test(event.key)) {
    const letter = event.code[3];
    return event.shiftKey ? letter : letter.toLowerCase();
  }
  return event.key;
}

const matches = (key, event, letter) =>
  letter === key.key &&
  Boolean(key.ctrl) === (event.ctrlKey || event.metaKey) &&
  !event.altKey &&
  // A sign such as ">" says itself whether Shift is held.
  (!/[a-z ]/.test(key.key) || Boolean(key.shift) === event.shiftKey);

export function wireKeys(canvas, verbs) {
  document.addEventListener(
    "keydown",
    (event) => {
      const at = event.target;
      if (event.isComposing || at.closest?.("input:not([type=range]), select, textarea, dialog[open], [popover]")) return;
      const letter = letterOf(event).toLowerCase();
      const key = keys.find((each) => matches(each, event, letter));
      if (!key || !(key.anywhere || at === canvas || at === document.body)) return;
      // Before the canvas hears of it: what the page does, the app does not do again.
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat || key.does === "step" || key.does === "undo" || key.does === "redo") verbs[key.does]();
    },
    true,
  );
}
