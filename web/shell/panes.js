// On a phone one column shows at a time, by tabs; on anything wider all do.
import { hides, onParts } from "./parts.js";

const phone = matchMedia("(max-width: 759px)");
let choose = () => {};

// Brings a pane to the front of a phone: "graph", "views" or "lesson".
export const showPane = (name) => choose(name);

export function wirePanes(app, list) {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  let chosen = tabs[0];
  const send = () => {
    const [graph, views] = [!hides("graph"), !hides("views")];
    const pane = phone.matches && graph && views ? chosen.dataset.pane : "";
    document.body.dataset.pane = pane;
    app.command({
      do: "panes", graph: graph && pane !== "views", views: views && pane !== "graph", palette: !hides("palette"),
    });
  };
  choose = (name) => {
    chosen = tabs.find(({ dataset }) => dataset.pane === name);
    for (const each of tabs) {
      each.ariaSelected = String(each === chosen);
      each.tabIndex = each === chosen ? 0 : -1;
    }
    send();
  };
  for (const tab of tabs) tab.addEventListener("click", () => choose(tab.dataset.pane));
  list.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: tabs.length - 1, ArrowRight: 1 }[event.key];
    if (!by) return;
    choose(tabs[(tabs.indexOf(chosen) + by) % tabs.length].dataset.pane);
    chosen.focus();
  });
  // What was chosen in the graph is told about in the other pane.
  app.on("state", ({ selected }) => list.querySelector("[data-pane=views]").classList.toggle("marked", selected?.length > 0));
  phone.addEventListener("change", send);
  onParts(send);
  send();
}
