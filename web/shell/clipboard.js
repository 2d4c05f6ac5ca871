// Nodes on the system's clipboard, as JSON text: from the canvas, and back to it from any tab.
let copied = "";  // For where the browser lets nobody read the clipboard.

export function wireClipboard(app, canvas) {
  app.on("clipboard", ({ text }) => {
    copied = text;
    navigator.clipboard?.writeText(text).catch(() => {});
  });
  app.on("paste-wanted", async () => {
    let text = copied;
    try {
      text = (await navigator.clipboard.readText()) || copied;
    } catch {
      // Not allowed: what was copied here is at hand.
    }
    app.command({ do: "paste", text });
  });
  document.addEventListener("paste", (event) => {
    if (document.activeElement !== canvas) return;
    event.preventDefault();
    app.command({ do: "paste", text: event.clipboardData?.getData("text/plain") || copied });
  });
}
