// The graph as a list that is read instead of looked at: every node with its type, shape, value, inputs and error, in step
// with the canvas. It is not shown; the canvas points to it for those who listen.
import { count, onLanguage, t } from "./texts.js";

const most = 300;     // Nodes; nobody listens to more.
const pause = 1000;   // Between two tellings while values change, in ms.

const sourceOf = ({ name, kind, text }) => `${name}: ${kind === "empty" ? t("shell.outline.empty") : text}`;

function lineOf(node) {
  const parts = [`${node.name}, ${node.type}`];
  if (node.dtype) parts.push(`${node.dtype} ${node.shape}`);
  if (node.inputs.length) parts.push(t("shell.outline.inputs", { inputs: node.inputs.map(sourceOf).join(", ") }));
  if (node.unfinished) parts.push(t("shell.outline.unfinished"));
  else if (node.error) parts.push(t("shell.outline.error", { error: node.error }));
  else parts.push(node.value ? t("shell.outline.value", { value: node.value.replace(/\s+/g, " ") }) : t("shell.outline.no-value"));
  return `${parts.join(". ")}.`;
}

export function wireOutline(app, section) {
  const list = section.querySelector("ul");
  const sum = section.querySelector("p");
  let shown;  // The nodes that were written.
  let wrote = -pause;
  let waits = 0;
  const write = () => {
    waits = 0;
    const { nodes } = app.state ?? {};
    if (!nodes) return;
    shown = nodes;
    wrote = performance.now();
    const told = nodes.slice(0, most);
    while (list.children.length > told.length) list.lastChild.remove();
    while (list.children.length < told.length) list.append(document.createElement("li"));
    // Lines that stay are not touched: a reader may stand on one.
    told.forEach((node, i) => {
      const line = lineOf(node);
      if (list.children[i].textContent !== line) list.children[i].textContent = line;
    });
    const about = t(told.length < nodes.length ? "shell.outline.some" : "shell.outline.count", { count: count(nodes.length), told: count(told.length) });
    if (sum.textContent !== about) sum.textContent = about;
  };
  app.on("state", ({ nodes }) => {
    if (nodes === shown || waits) return;
    waits = setTimeout(write, Math.max(0, wrote + pause - performance.now()));
  });
  onLanguage(write);
}
