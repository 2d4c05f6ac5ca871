// Chooses how the page starts: as modules, or, where nothing can be fetched (in a sandboxed frame, from a file), as one
// script that holds everything.
"use strict";

{
  const script = document.createElement("script");
  if (self.origin === "null") {
    script.src = "app/whole.js";
  } else {
    script.type = "module";
    script.src = "shell/main.js";
  }
  // Painting waits for it, so that a chosen theme does not flash in the other one's colours.
  script.setAttribute("blocking", "render");
  document.head.append(script);
}
