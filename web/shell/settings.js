// The training settings, made from the app's catalog: a row in the transport with as many as fit, a sheet with all.
import { supply } from "./data.js";
import { createField } from "./field.js";
import { wireNet } from "./net.js";
import { onLanguage, t } from "./texts.js";

const phone = matchMedia("(max-width: 759px)");

const spelled = (name) => {
  const words = name.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
};
// What the engine says of an entry; a translation is found by the English sentence, as the app finds it.
const helpOf = ({ help }) => (help ? t(`help.${help}`, {}, help) : "");
const labelOf = (name) => t(`shell.parameter.${name}`, {}, spelled(name));

// Entries under names of the page's language; links and scenes keep the engine's.
const named = (list, entries) => entries.map((entry) => ({ ...entry, label: t(`shell.${list}.name.${entry.name}`, {}, entry.name) }));

// A choice of the catalog and its parameters as settings. `ranks`: which leave the row first, the highest does.
function choiceSettings(key, chosen, entries, ranks, disabled, optional = false) {
  if (!chosen?.name && !optional) return [];
  const entry = entries.find((each) => each.name === chosen?.name);
  const choice = {
    key, kind: "choice", label: t(`shell.${key}`), value: chosen?.name ?? "", choices: optional ? [{ name: "" }, ...entries] : entries, disabled,
    help: entry && helpOf(entry), rank: ranks[0], restarts: true,
  };
  const parameters = (entry?.parameters ?? []).map((parameter, i) => ({
    ...parameter,
    key: `${key}.${parameter.name}`, kind: "number", label: labelOf(parameter.name), disabled,
    help: helpOf(parameter), value: chosen?.parameters?.[parameter.name] ?? parameter.initial,
    rank: ranks[i + 1] ?? 20 + i, restarts: !parameter.live,
  }));
  return [choice, ...parameters];
}

// Everything there is to set, by group.
function settingsOf(state, catalog) {
  const idle = !state.can_train;
  const hasData = Boolean(state.data?.name);
  const number = (key, value, more) => ({ key, kind: "number", label: labelOf(key), value, integer: true, ...more });
  const batches = [
    number("batch_size", state.batch_size, {
      minimum: 1, maximum: Math.max(state.train_examples || 1e6, state.batch_size), logarithmic: true, disabled: idle, rank: 4,
      help: t("shell.parameter-help.batch_size"),
    }),
  ];
  return {
    optimizer: choiceSettings("optimizer", state.optimizer, catalog.optimizers, [0, 1, 3], idle),
    batches: hasData ? batches : [],
    schedule: choiceSettings("schedule", state.schedule, catalog.schedules, [], idle, true),
    clipping: choiceSettings("clipping", state.clipping, catalog.clippings, [], idle, true),
    initializer: choiceSettings("initializer", state.initializer, catalog.initializers, [5, 7, 8], false),
    seed: [number("seed", state.seed, { minimum: 0, maximum: 2 ** 31 - 1, rank: 6, restarts: true, help: t("shell.parameter-help.seed") })],
    data: choiceSettings("data", state.data, named("data", catalog.datasets), [], false, true),
    speed: [{ key: "speed", kind: "slider", label: t("shell.speed"), value: state.speed, disabled: idle, rank: 2,
              help: t("shell.parameter-help.speed") }],
  };
}

const order = {
  row: [["optimizer"], ["batches"], ["initializer"], ["seed"], ["speed"]],
  sheet: [["optimizer"], ["schedule"], ["clipping"], ["initializer"], ["batches", "seed"], ["data"], ["speed"]],
};
const ordered = (settings, groups) => groups.map((names) => names.flatMap((name) => settings[name]));

// A place that shows settings; fields stay while their setting does, so that none loses the focus to a redrawing.
function createPlace(container, app) {
  const fields = new Map();
  return {
    fields,
    show(settings) {
      const wanted = new Set(settings.map((setting) => setting.key));
      for (const [key, field] of fields) {
        if (wanted.has(key)) continue;
        field.element.remove();
        fields.delete(key);
      }
      settings.forEach((setting, i) => {
        if (!fields.has(setting.key)) fields.set(setting.key, createField(setting, (value) => app.set(setting.key, value)));
        const { element } = fields.get(setting.key);
        element.dataset.key = setting.key;
        if (container.children[i] !== element) container.insertBefore(element, container.children[i] ?? null);
        fields.get(setting.key).show(setting);
      });
    },
  };
}

export function wireSettings(app, { bar, all, sheet, button, openTable, notices }) {
  // Some data must be fetched, or made, before it can be chosen.
  const chooser = {
    async set(key, value) {
      if (key === "data" && value === "own" && !app.state.has_own) openTable();
      else if (key !== "data" || (await supply(app, notices, value))) return app.set(key, value);
      show();
    },
  };
  const row = createPlace(bar, chooser);
  const groups = [];
  let inRow = [];
  let keys = "";

  // Leaves in the row what fits.
  const fit = () => {
    const byRank = [...inRow].sort((a, b) => b.rank - a.rank);
    for (const { key } of inRow) row.fields.get(key).element.hidden = false;
    for (const { key } of byRank) {
      if (bar.scrollWidth <= bar.clientWidth) break;
      row.fields.get(key).element.hidden = true;
    }
  };

  const show = () => {
    if (!app.state || !app.catalog) return;
    const settings = settingsOf(app.state, app.catalog);
    inRow = ordered(settings, order.row).flat();
    row.show(inRow);
    ordered(settings, order.sheet).forEach((list, i) => {
      groups[i] ??= createGroup(all, chooser);
      groups[i].show(list);
    });
    const latest = inRow.map(({ key, label }) => key + label).join();
    if (latest !== keys) fit();
    keys = latest;
  };

  new ResizeObserver(fit).observe(bar);
  document.fonts.addEventListener("loadingdone", fit);
  app.on("state", show);
  app.on("catalog", show);
  const legend = document.createElement("p");
  legend.className = "about legend";
  all.prepend(legend);
  onLanguage(() => {
    legend.textContent = t("shell.restarts");
    show();
  });
  wireNet(app, all);
  wireSheet(sheet, button);
}

// A group of the sheet: its settings, and what the chosen one is.
function createGroup(all, app) {
  const group = document.createElement("section");
  const fields = document.createElement("div");
  const help = document.createElement("p");
  group.className = "group";
  fields.className = "fields";
  help.className = "about";
  group.append(fields, help);
  all.append(group);
  const place = createPlace(fields, app);
  return {
    show(settings) {
      group.hidden = !settings.length;
      place.show(settings);
      // A choice explains itself and stands for its numbers; numbers alone each say what they are.
      const explained = settings[0]?.kind === "choice" ? [settings[0]] : settings;
      help.textContent = explained.map((setting) => setting.help).join(" ");
    },
  };
}

// Beside the canvas the sheet leaves everything in reach; on a phone it lies over it and a tap outside closes it.
function wireSheet(sheet, button) {
  const close = () => sheet.close();
  button.addEventListener("click", () => {
    if (sheet.open) return close();
    if (phone.matches) sheet.showModal();
    else sheet.show();
    button.ariaExpanded = "true";
  });
  sheet.querySelector(".close").addEventListener("click", close);
  sheet.addEventListener("click", (event) => event.target === sheet && close());
  // From wherever the focus is, but where Escape has a meaning of its own.
  document.addEventListener("keydown", (event) => {
    const leaves = event.key === "Escape" && sheet.open && !event.defaultPrevented;
    if (leaves && (sheet.contains(event.target) || !event.target.closest("dialog, [popover], #canvas"))) close();
  });
  sheet.addEventListener("close", () => {
    button.ariaExpanded = "false";
    button.focus();
  });
  phone.addEventListener("change", () => sheet.open && close());
}
