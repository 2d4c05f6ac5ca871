// The net's hidden layers in the settings: units, activation and initializer of each, one more, one less.
import { createField } from "./field.js";
import { onLanguage, t } from "./texts.js";

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function wireNet(app, all) {
  const title = element("h3", { className: "label" });
  const rows = element("div");
  const more = element("button", { type: "button", className: "button" });
  const about = element("p", { className: "about" });
  const held = element("div", { className: "fields" });
  const group = element("section", { className: "group net" }, title, rows, element("div", { className: "net-buttons" }, more), held, about);
  all.append(group);
  const made = [];
  const send = (hidden) => app.command({ do: "net", hidden });
  const change = (i, changes) => send(app.state.net.map((layer, k) => (k === i ? { ...layer, ...changes } : layer)));

  // Another net begins anew.
  const starting = (settings) => settings.map((setting) => ({ ...setting, restarts: true }));
  const settingsOf = (layer, i) => starting([
    { key: "units", kind: "number", label: t("shell.net.units", { number: i + 1 }), value: layer.units, integer: true, minimum: 1, maximum: 2048, logarithmic: true },
    { key: "activation", kind: "choice", label: t("shell.net.activation"), value: layer.activation, choices: ["", ...app.catalog.activations].map((name) => ({ name })) },
    { key: "initializer", kind: "choice", label: t("shell.initializer"), value: layer.initializer, choices: [{ name: "", label: t("shell.net.as-set") }, ...app.catalog.initializers] },
  ]);
  // What keeps the net from learning its examples by heart.
  const heldBy = ({ dropout, penalty, strength }) => starting([
    { key: "penalty", kind: "choice", label: t("shell.net.penalty"), value: penalty, choices: ["", "L1", "L2"].map((name) => ({ name })), help: t("shell.net.penalty-help") },
    { key: "strength", kind: "number", label: t("shell.net.strength"), value: strength, minimum: 0, maximum: 100, logarithmic: true, disabled: !penalty, help: t("shell.net.penalty-help") },
    { key: "dropout", kind: "number", label: t("shell.net.dropout"), value: dropout, minimum: 0, maximum: 0.95, disabled: !app.state.net.length, help: t("shell.net.dropout-help") },
  ]);
  const holding = [];
  const createRow = (i) => {
    const fields = settingsOf(app.state.net[i], i).map((setting) => createField(setting, (value) => change(i, { [setting.key]: value, ...(setting.key === "initializer" ? { stddev: undefined } : {}) })));
    const less = element("button", { type: "button", className: "quiet" });
    less.innerHTML = `<svg class="icon small" aria-hidden="true"><use href="#icon-close"/></svg>`;
    less.addEventListener("click", () => send(app.state.net.filter((_, k) => k !== i)));
    const row = element("div", { className: "net-layer" }, ...fields.map((field) => field.element), less);
    rows.append(row);
    return { row, fields, less };
  };

  const show = () => {
    const { net, features } = app.state ?? {};
    group.hidden = !net || !features || !app.catalog;
    if (group.hidden) return;
    while (made.length > net.length) made.pop().row.remove();
    net.forEach((layer, i) => {
      made[i] ??= createRow(i);
      settingsOf(layer, i).forEach((setting, k) => made[i].fields[k].show(setting));
      made[i].less.ariaLabel = made[i].less.title = t("shell.net.remove", { number: i + 1 });
    });
    more.disabled = net.length >= 24;
    heldBy(app.state).forEach((setting, k) => {
      if (!holding[k]) {
        holding[k] = createField(setting, (value) => app.command({ do: "net", [setting.key]: value }));
        held.append(holding[k].element);
      }
      holding[k].show(setting);
    });
  };
  more.addEventListener("click", () => send([...app.state.net, { ...(app.state.net.at(-1) ?? { units: 8, activation: "Relu", initializer: "" }) }]));
  app.on("state", show);
  app.on("catalog", show);
  onLanguage(() => {
    title.textContent = t("shell.net");
    more.textContent = t("shell.net.add");
    about.textContent = t("shell.net.about");
    show();
  });
}
