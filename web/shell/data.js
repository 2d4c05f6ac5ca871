// Data from outside: sets that are fetched when they are chosen, and the learner's own tables, by file, drop or paste.
import { count, ofEngine, onLanguage, t } from "./texts.js";

const files = { mnist: "data/mnist.images" };
const here = new Set();  // Those the app has.
const mostBytes = 16e6;

// Gives the app the bytes of a set that needs some; false, and a notice, if they cannot be had.
export async function supply(app, notices, name) {
  if (!files[name] || here.has(name)) return true;
  const told = setTimeout(() => notices.show(t("shell.data.loading", { name })), 400);
  try {
    const answer = await fetch(files[name]);
    if (!answer.ok) throw new Error(String(answer.status));
    const bytes = await new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
    app.send({ type: "supply", name, bytes }, [bytes]);
    here.add(name);
    return true;
  } catch (error) {
    notices.show(t("shell.data.missing", { name, error: error.message }), "error");
    return false;
  } finally {
    clearTimeout(told);
  }
}

// The data set a scene's text asks for.
export function dataOf(text) {
  try {
    return JSON.parse(text).data?.name;
  } catch {
    return undefined;  // The app says what is wrong with it.
  }
}

// Spreadsheets of Korean systems still write EUC-KR, some others UTF-16.
export function decoded(bytes) {
  const array = new Uint8Array(bytes);
  const utf16 = array[0] === 0xff && array[1] === 0xfe ? "utf-16le" : array[0] === 0xfe && array[1] === 0xff ? "utf-16be" : "";
  if (utf16) return new TextDecoder(utf16).decode(array);
  if (array.includes(0)) return "\0";
  for (const encoding of ["utf-8", "euc-kr"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(array);
    } catch {
      // Not this one.
    }
  }
  return "\0";
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// The dialog that asks which columns are what. Returns what opens it.
export function wireTables(app, scenes, dialog) {
  const [source, columns] = [dialog.querySelector(".source"), dialog.querySelector(".columns")];
  const text = dialog.querySelector("textarea");
  const chooser = dialog.querySelector("input[type=file]");
  const problem = dialog.querySelector(".problem");
  const use = dialog.querySelector(".use");
  let table;  // As the app has read it.
  let label;

  const complain = (message) => {
    problem.textContent = message ?? "";
    problem.hidden = !message;
  };

  const show = () => {
    source.hidden = Boolean(table);
    columns.hidden = !table;
    use.hidden = dialog.querySelector(".again").hidden = !table;
    if (!table) return;
    const body = columns.querySelector("tbody");
    body.replaceChildren(...table.columns.map((column, i) => {
      // Texts become a feature for each of their values.
      const usable = column.number || (column.distinct > 0 && column.distinct <= 100);
      const feature = element("input", { type: "checkbox", name: "feature", value: column.name, disabled: !usable || column.name === label });
      feature.checked = usable && column.name !== label && (column.number || column.distinct <= 12);
      feature.ariaLabel = t("shell.table.feature-of", { name: column.name });
      const target = element("input", { type: "radio", name: "label", value: column.name, checked: column.name === label });
      target.ariaLabel = t("shell.table.label-of", { name: column.name });
      const kind = column.number ? t("shell.table.number") : t("shell.table.text", { count: count(column.distinct) });
      const gaps = column.missing ? t("shell.table.missing", { count: count(column.missing) }) : "";
      const examples = table.first.map((row) => row[i]).filter(Boolean).slice(0, 3).join(", ");
      return element("tr", {},
        element("td", {}, feature), element("td", {}, target),
        element("th", { scope: "row" }, column.name, element("small", { textContent: examples })),
        element("td", { className: "kind" }, kind, element("small", { textContent: gaps })));
    }));
    columns.querySelector(".rows").textContent = t("shell.table.rows", { count: count(table.rows) });
    judge();
  };

  const chosen = () => [...columns.querySelectorAll("[name=feature]:checked")].map((box) => box.value);

  const judge = () => {
    const column = table.columns.find(({ name }) => name === label);
    const number = columns.querySelector("[name=predicts]");
    const canBeNumber = Boolean(column?.number);
    number.querySelector("[value=number]").disabled = !canBeNumber;
    if (!canBeNumber) number.value = "class";
    const features = chosen().length;
    use.disabled = !features || !column;
    if (!column) complain(t("shell.table.no-label"));
    else if (!features) complain(t("shell.table.no-feature"));
    else if (number.value === "class" && column.distinct > 100) complain(t("shell.table.many-classes", { name: label, count: count(column.distinct) }));
    else complain();
  };

  const read = async (given) => {
    if (given.length > mostBytes) return complain(t("shell.table.too-large", { most: mostBytes / 1e6 }));
    const answer = app.next("table");
    app.command({ do: "table", text: given });
    const read = await answer;
    if (read.error) return complain(ofEngine("shell.table.error.", read.error));
    table = read;
    // The last column with few values is what tables mostly are about.
    const few = (column) => !column.number || column.distinct <= Math.min(20, Math.max(2, table.rows / 5));
    label = (table.columns.findLast(few) ?? table.columns.at(-1)).name;
    const column = table.columns.find(({ name }) => name === label);
    columns.querySelector("[name=predicts]").value = few(column) ? "class" : "number";
    show();
  };

  const open = () => {
    table = undefined;
    complain();
    show();
    if (!dialog.open) dialog.showModal();
  };
  const openFile = async (file) => {
    open();
    await read(decoded(await file.arrayBuffer()));
  };

  columns.addEventListener("change", ({ target }) => {
    if (target.name === "label") {
      const kept = new Set(chosen());
      kept.add(label);
      label = target.value;
      const column = table.columns.find(({ name }) => name === label);
      columns.querySelector("[name=predicts]").value = column.number && column.distinct > 20 ? "number" : "class";
      show();
      for (const box of columns.querySelectorAll("[name=feature]")) box.checked &&= kept.has(box.value);
    }
    judge();
  });
  use.addEventListener("click", async () => {
    const used = app.next("table-used");
    const told = app.next("notice");
    app.command({
      do: "use-table", features: chosen(), label,
      number: columns.querySelector("[name=predicts]").value === "number",
      standardise: columns.querySelector("[name=standardise]").checked,
      net: columns.querySelector("[name=net]").checked,
    });
    if ((await used).ok) return dialog.close();
    complain(ofEngine("shell.table.error.", (await told).text));
  });
  dialog.querySelector(".again").addEventListener("click", open);
  dialog.querySelector(".choose").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    if (chooser.files[0]) openFile(chooser.files[0]);
    chooser.value = "";
  });
  dialog.querySelector(".take").addEventListener("click", () => read(text.value));
  text.addEventListener("paste", () => setTimeout(() => read(text.value)));
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  onLanguage(() => table && show());

  // A file may be dropped anywhere: a scene or a table.
  document.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  document.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    if (/\.json$/i.test(file.name)) scenes.openFile(file);
    else openFile(file);
  });
  app.on("open-table", open);
  return open;
}
