// The page's keys: one list, from which the keyboard, the buttons' titles and the help sheet are made. The graph's own
// keys are in the app's list (web/app/actions.cpp), which the help sheet shows, too.
const onMac = /Mac|iPhone|iPad/.test(navigator.platform);

// `key` as KeyboardEvent.key. Space is not taken from a button, nor from the canvas what the app knows itself, nor from
// its views, while they have the keyboard, what presses or moves in them.
export const keys = [
  { does: "toggle", key: " ", shown: "Space", text: "shell.key.toggle", notOnButtons: true, notInViews: true },
  { does: "step", key: ".", shown: ".", text: "shell.key.step" },
  { does: "epoch", key: ">", shown: ">", text: "shell.key.epoch" },
  { does: "session", key: "s", shown: "S", text: "shell.key.session" },
  { does: "fetch", key: "t", shown: "T", text: "shell.key.fetch" },
  { does: "run", key: "Enter", ctrl: true, shown: "Ctrl+Enter", text: "shell.key.run" },
  { does: "back", key: ",", shown: ",", text: "shell.key.back" },
  { does: "reset", key: "Home", shown: "Home", text: "shell.key.reset", notInViews: true },
  { does: "undo", key: "z", ctrl: true, shown: "Ctrl+Z", text: "shell.key.undo" },
  { does: "redo", key: "z", ctrl: true, shift: true, shown: "Ctrl+Shift+Z", text: "shell.key.redo" },
  { does: "redo", key: "y", ctrl: true },
  { does: "fit", key: "f", notOnCanvas: true },
  { does: "add", key: "n", notOnCanvas: true },
  { does: "open", key: "o", ctrl: true, shown: "Ctrl+O", text: "shell.key.open" },
  { does: "save", key: "s", ctrl: true, shown: "Ctrl+S", text: "shell.key.save" },
  { does: "help", key: "?", shown: "?", text: "shell.key.help" },
];

export const shownKey = (key) => (onMac ? key.shown.replace("Ctrl", "⌘") : key.shown);

// The key to press for a verb, as a title shows it; nothing if it has none.
export function shortcutOf(does) {
  const key = keys.find((each) => each.does === does);
  return key?.shown && shownKey(key);
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
  (letter.length === 1 ? letter.toLowerCase() : letter) === key.key &&
  Boolean(key.ctrl) === (event.ctrlKey || event.metaKey) &&
  !event.altKey &&
  // A sign such as ">" says itself whether Shift is held.
  (/[!-@]/.test(key.key) || Boolean(key.shift) === event.shiftKey);

const repeated = new Set(["step", "back", "undo", "redo"]);

export function wireKeys(app, canvas, verbs) {
  let inViews = false;
  app.on("walk", ({ value }) => (inViews = value));

  const listener = (event) => {
    const at = event.target;
    if (event.isComposing || at.closest?.("input:not([type=range]), select, textarea, dialog[open], [popover]")) return;
    const key = keys.find((each) => matches(each, event, letterOf(event)));
    if (!key || (key.notOnButtons && at.closest?.("button"))) return;
    if (at === canvas && (key.notOnCanvas || (key.notInViews && inViews))) return;
    // Before the canvas hears of it: what the page does, the app does not do again.
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat || repeated.has(key.does)) verbs[key.does]();
  };
  document.addEventListener("keydown", listener, true);
}
