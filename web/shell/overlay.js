// Text entry on the canvas through a real <input> laid over it, so that every keyboard and input method works.
export function wireOverlay(app, stage, input, canvas) {
  let editing;

  const finish = (accepted) => {
    if (editing === undefined) return;
    const { id } = editing;
    editing = undefined;
    const hadFocus = document.activeElement === input;
    input.hidden = true;
    app.send({ type: "text-done", id, value: input.value, accepted: Number(accepted) });
    if (hadFocus) canvas.focus({ preventScroll: true });
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

  app.on("edit-text", (message) => {
    // The same text again: the canvas has moved under it.
    if (editing?.id === message.id) return place(message);
    finish(true);
    editing = message;
    place(message);
    input.value = message.value;
    input.ariaLabel = message.label;
    input.hidden = false;
    input.focus({ preventScroll: true });
    input.select();
  });

  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    // Enter and Escape belong to the input method while it composes (229: how some browsers say so).
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      finish(event.key === "Enter");
    }
  });
  input.addEventListener("blur", () => finish(true));
  return { accept: () => finish(true) };
}
