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
    const shown = tabs.filter(({ dataset }) => !hides(dataset.pane));
    for (const tab of tabs) tab.hidden = !shown.includes(tab);
    list.hidden = shown.length < 2;
    if (shown.length && !shown.includes(chosen)) return choose(shown[0].dataset.pane);
    const pane = phone.matches ? chosen.dataset.pane : "";
    document.body.dataset.pane = pane;
    app.command({
      do: "panes", graph: !hides("graph") && pane !== "views", views: !hides("views") && pane !== "graph", palette: !hides("palette"),
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
    const shown = tabs.filter((tab) => !tab.hidden);
    choose(shown[(shown.indexOf(chosen) + by) % shown.length].dataset.pane);
    chosen.focus();
  });
  // What was chosen in the graph is told about in the other pane.
  app.on("state", ({ selected }) => list.querySelector("[data-pane=views]").classList.toggle("marked", selected?.length > 0));
  phone.addEventListener("change", send);
  onParts(send);
  send();
}
