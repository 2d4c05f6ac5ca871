// Forwards what happens on the canvas to the app, without trapping a page's scrolling around an embedded one.
import { letterOf } from "./keys.js";
import { embedded, isTouched } from "./parts.js";

const kinds = { pointermove: 0, pointerdown: 1, pointerup: 2, pointerleave: 3, pointercancel: 4 };

export const ratio = () => window.devicePixelRatio || 1;

export function wireCanvas(app, canvas, { beforeInput }) {
  forwardPointers(app, canvas, beforeInput);
  forwardWheel(app, canvas, beforeInput);
  forwardKeys(app, canvas);
  forwardSize(app, canvas);
  forwardVisibility(app, canvas);
  app.on("cursor", ({ cursor }) => (canvas.style.cursor = cursor));
}

// Active: the wheel zooms and a finger drags. Alone on its page the canvas always is; in an article, from a click or a
// tap until the focus goes elsewhere.
const isActive = (canvas) => canvas.classList.contains("active");

function forwardPointers(app, canvas, beforeInput) {
  const activate = (active) => canvas.classList.toggle("active", active || !embedded);
  activate(false);
  canvas.addEventListener("focus", () => {
    activate(true);
    app.send({ type: "focus", value: 1 });
  });
  canvas.addEventListener("blur", () => {
    activate(false);
    app.send({ type: "focus", value: 0 });
  });

  // Shift may have been pressed before the canvas had the focus, and so the keys.
  let shift = false;
  canvas.addEventListener("blur", () => (shift = false));
  const sendShift = (down) => {
    if (down !== shift) app.send({ type: "key", key: "Shift", down: Number(down), modifiers: Number(down) });
    shift = down;
  };

  const send = (event) => {
    const box = canvas.getBoundingClientRect();
    app.send({
      type: "pointer",
      kind: kinds[event.type],
      x: event.clientX - box.left,
      y: event.clientY - box.top,
      button: Math.max(event.button, 0),
      touch: Number(event.pointerType === "touch"),
      id: event.pointerId,
    });
  };
  // The app is to know before the first touch that it will be a finger.
  if (isTouched()) app.send({ type: "pointer", kind: kinds.pointerleave, x: 0, y: 0, button: 0, touch: 1, id: -1 });
  // Who points sees where: the frame of the focus is for the keyboard.
  const focus = () => {
    canvas.classList.add("by-pointer");
    canvas.focus({ preventScroll: true });
  };
  canvas.addEventListener("blur", () => canvas.classList.remove("by-pointer"));
  let tapped;  // A finger on a canvas that is not active yet: a tap makes it so, a drag scrolls the page.
  const forward = (event) => {
    if (event.type === "pointerdown") beforeInput();
    if (event.pointerType === "touch" && (!isActive(canvas) || tapped)) {
      if (event.type === "pointerdown") tapped = true;
      else if (event.type === "pointercancel") tapped = false;
      else if (event.type === "pointerup" && tapped) {
        tapped = false;
        focus();
      }
      return;
    }
    if (event.type === "pointerdown") {
      canvas.setPointerCapture(event.pointerId);
      focus();
      sendShift(event.shiftKey);
    }
    send(event);
  };
  for (const type of Object.keys(kinds)) canvas.addEventListener(type, forward);

  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  // The middle button pans; it must not start the browser's own scrolling.
  canvas.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault());
}

function forwardWheel(app, canvas, beforeInput) {
  const listener = (event) => {
    if (!event.ctrlKey && !isActive(canvas)) return;
    event.preventDefault();
    beforeInput();
    const box = canvas.getBoundingClientRect();
    const unit = [1, 16, box.height][event.deltaMode];
    app.send({
      type: "wheel",
      x: event.clientX - box.left,
      y: event.clientY - box.top,
      dx: event.deltaX * unit,
      dy: event.deltaY * unit,
      ctrl: Number(event.ctrlKey),
    });
  };
  canvas.addEventListener("wheel", listener, { passive: false });
}

// With Ctrl only what an editor means by it: the browser keeps its own. Pasting is an event of its own (clipboard.js).
const editing = new Set(["a", "c", "d", "g", "x"]);

function forwardKeys(app, canvas) {
  const listener = (event) => {
    if (event.defaultPrevented || event.key === "Tab") return;
    if (event.type === "keydown" && event.key === "Escape" && embedded) canvas.blur();
    const key = letterOf(event);
    if ((event.ctrlKey || event.metaKey) && event.type === "keydown") {
      if (!editing.has(key.toLowerCase())) return;
      event.preventDefault();
    } else if (key.length === 1 || /^(Arrow|Page|Home|End|Backspace|Delete|Enter)/.test(key)) {
      event.preventDefault();
    }
    const modifiers = event.shiftKey * 1 + event.ctrlKey * 2 + event.altKey * 4 + event.metaKey * 8;
    app.send({ type: "key", key, down: Number(event.type === "keydown"), modifiers });
  };
  canvas.addEventListener("keydown", listener);
  canvas.addEventListener("keyup", listener);
}

function forwardSize(app, canvas) {
  const send = () => {
    canvas.style.setProperty("--ratio", ratio());
    const { width, height } = canvas.getBoundingClientRect();
    if (width && height) app.send({ type: "resize", width, height, ratio: ratio() });
  };
  new ResizeObserver(send).observe(canvas);
  const watchRatio = () =>
    matchMedia(`(resolution: ${ratio()}dppx)`).addEventListener("change", () => (send(), watchRatio()), { once: true });
  watchRatio();
}

function forwardVisibility(app, canvas) {
  let onScreen = true;
  const send = () => app.send({ type: "visible", value: onScreen && !document.hidden, rests: embedded && !onScreen });
  document.addEventListener("visibilitychange", send);
  new IntersectionObserver((entries) => {
    onScreen = entries.at(-1).isIntersecting;
    send();
    // Any of it: who sees only the play button presses it, too.
  }).observe(document.body);
}
