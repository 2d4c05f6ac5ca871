// Chooses how the page starts: as modules, or, where nothing can be fetched (in a sandboxed frame, from a file), as one
// script that holds everything.
"use strict";

{
  const script = document.createElement("script");
  const isAlone = self.origin === "null";
  if (!isAlone) script.type = "module";
  script.src = new URL(isAlone ? "../app/whole.js" : "main.js", document.currentScript.src).href;
  // Painting waits for it, so that a chosen theme does not flash in the other one's colours.
  script.setAttribute("blocking", "render");
  document.head.append(script);
}
