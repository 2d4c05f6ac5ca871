// Text entry on the canvas through a real <input> laid over it, so that every keyboard and input method works.
import { embedded } from "./parts.js";

export function wireOverlay(app, stage, input, canvas) {
  let editing;
  let touched = false;  // By a finger, which brings and hides the phone's keyboard as it likes.

  const finish = (accepted) => {
    if (editing === undefined) return;
    const { id } = editing;
    editing = undefined;
    const hadFocus = document.activeElement === input;
    input.hidden = true;
    app.send({ type: "text-done", id, value: input.value, accepted: Number(accepted) });
    if (hadFocus) canvas.focus({ preventScroll: true });
    else if (embedded && document.activeElement !== canvas) canvas.classList.remove("active");
  };

  const place = ({ x, y, width, height, size, mono }) => {
    Object.assign(input.style, {
      left: `${x}px`,
      top: `${y}px`,
      width: `${width}px`,
      height: `${height}px`,
      fontSize: `${size}px`,
    });
    input.classList.toggle("mono", Boolean(mono));
  };

  const focus = () => {
    input.focus({ preventScroll: true });
    canvas.classList.add("active");  // Still: what is typed here is the canvas's.
  };

  app.on("edit-text", (message) => {
    // The same text again: the canvas has moved under it.
    if (editing?.id === message.id) return place(message);
    finish(!editing?.live);
    editing = message;
    place(message);
    input.value = message.value;
    input.placeholder = message.placeholder ?? "";
    input.ariaLabel = message.label;
    input.hidden = false;
    focus();
    input.select();
  });
  app.on("close-text", ({ id }) => editing?.id === id && finish(false));

  // A live text narrows a list on the canvas while it is typed; the list's marked entry goes up and down.
  input.addEventListener("input", () => {
    if (editing?.live) app.send({ type: "text-changed", id: editing.id, value: input.value });
  });
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    // Enter and Escape belong to the input method while it composes (229: how some browsers say so).
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      finish(event.key === "Enter");
    } else if (editing?.live && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      app.send({ type: "key", key: event.key, down: 1, modifiers: 0 });
    }
  });
  input.addEventListener("blur", ({ relatedTarget }) => {
    if (!editing?.live) return finish(true);
    // A click on its list must not end the typing; the app itself closes what is clicked away.
    if (relatedTarget === canvas && !touched) setTimeout(() => editing?.live && focus());
  });
  const leave = ({ target }) => {
    if (editing?.live && target !== input && target !== canvas) finish(false);
  };
  document.addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch";
    leave(event);
  }, true);
  document.addEventListener("focusin", leave);
  return { accept: () => !editing?.live && finish(true) };
}
