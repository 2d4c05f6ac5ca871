// On a phone one column shows at a time, by tabs; on anything wider all do.
import { hides, onParts } from "./parts.js";

const phone = matchMedia("(max-width: 759px)");

export function wirePanes(app, list) {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  let chosen = tabs[0];
  const send = () => {
    const [graph, views] = [!hides("graph"), !hides("views")];
    const pane = phone.matches && graph && views ? chosen.dataset.pane : "";
    app.command({
      do: "panes", graph: graph && pane !== "views", views: views && pane !== "graph", palette: !hides("palette"),
    });
  };
  const choose = (tab) => {
    chosen = tab;
    for (const each of tabs) {
      each.ariaSelected = String(each === tab);
      each.tabIndex = each === tab ? 0 : -1;
    }
    send();
  };
  for (const tab of tabs) tab.addEventListener("click", () => choose(tab));
  list.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    choose(tabs[1 - tabs.indexOf(chosen)]);
    chosen.focus();
  });
  // What was chosen in the graph is told about in the other pane.
  app.on("state", ({ selected }) => list.querySelector("[data-pane=views]").classList.toggle("marked", selected?.length > 0));
  phone.addEventListener("change", send);
  onParts(send);
  send();
}
