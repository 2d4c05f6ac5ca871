// The parts of a lesson that are alive: predictions, goals, buttons and sliders, lines of code, curves.
import { say } from "./announce.js";
import { element, icon } from "./lesson.js";
import { count, t } from "./texts.js";

let made = 0;

const written = (value) =>
  typeof value === "number"
    ? Number.isFinite(value) ? (Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(4)))) : String(value)
    : String(value);

const button = (label, className = "button") => element("button", { type: "button", className, textContent: label });

// While a block's actions run its buttons wait.
async function busily(place, work) {
  const buttons = [...place.querySelectorAll("button")].filter((each) => !each.disabled);
  place.ariaBusy = "true";
  for (const each of buttons) each.disabled = true;
  try {
    return await work();
  } finally {
    place.ariaBusy = null;
    for (const each of buttons) each.disabled = false;
  }
}

// --- Predict, then run ---

function predict(block, { doer, kept, deed }) {
  const place = element("section", { className: "task predict" });
  const ask = (value, before) => doer.ask(value, kept, before);

  const judge = async (guess) => {
    const before = await doer.run(block.run, kept);
    if (!before) return;
    const actual = block.choices ? block.choices.findIndex(({ when }) => ask(when, before)) : ask(block.answer, before);
    const right = block.choices ? guess === actual : Math.abs(guess - actual) <= (block.tolerance ?? 0) + 1e-9;
    const shows = block.shows === undefined ? undefined : ask(block.shows, before);
    deed.keep({ guess, actual: Number.isNaN(actual) ? null : actual, right, shows: typeof shows === "number" && !Number.isFinite(shows) ? String(shows) : shows });
    say(t(right ? "shell.lesson.right" : "shell.lesson.wrong"));
    show();
    place.querySelector(".outcome").focus();
  };

  const question = () => {
    const name = `predict-${made++}`;
    const go = button(t("shell.lesson.run"), "run");
    const form = element("form", {});
    form.append(element("p", { className: "question", id: name, innerHTML: block.question }));
    if (block.choices) {
      const group = element("div", { className: "choices", role: "radiogroup" });
      group.setAttribute("aria-labelledby", name);
      block.choices.forEach(({ words }, i) => {
        const radio = element("input", { type: "radio", name, value: i });
        radio.addEventListener("change", () => (go.disabled = false));
        group.append(element("label", {}, radio, element("span", { innerHTML: words })));
      });
      form.append(group);
    } else {
      const input = element("input", { type: "text", inputMode: "decimal", autocomplete: "off", name });
      input.setAttribute("aria-labelledby", name);
      input.addEventListener("input", () => (go.disabled = !Number.isFinite(Number(input.value.trim() || NaN))));
      form.append(element("p", { className: "number-guess" }, input));
    }
    go.type = "submit";
    go.disabled = true;
    form.append(go);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const guess = Number(new FormData(form).get(name));
      if (!go.disabled) busily(place, () => judge(guess));
    });
    place.replaceChildren(label("predict"), form);
  };

  const outcome = ({ guess, actual, right, shows }) => {
    const words = (answer) => element("span", { innerHTML: block.choices ? (block.choices[answer]?.words ?? t("shell.lesson.unclear")) : written(answer ?? NaN) });
    const line = (key, answer) => element("p", {}, element("span", { className: "label", textContent: t(`shell.lesson.${key}`) }), words(answer));
    const again = button(t("shell.lesson.again"), "quiet");
    again.addEventListener("click", () => {
      deed.keep(undefined);
      question();
      place.querySelector("input").focus();
    });
    const box = element("div", { className: `outcome ${right ? "right" : "wrong"}`, tabIndex: -1 });
    box.append(element("p", { className: "verdict", innerHTML: `${icon(right ? "check" : "reset")}<span>${t(right ? "shell.lesson.right" : "shell.lesson.wrong")}</span>` }));
    box.append(line("your-guess", guess), line("what-happened", actual));
    if (shows !== undefined) box.append(element("p", { className: "measured" }, element("span", { className: "label", textContent: t("shell.lesson.measured") }), element("code", { textContent: written(shows) })));
    if (block.because) box.append(element("p", { className: "because", innerHTML: block.because }));
    place.replaceChildren(label("predict"), element("p", { className: "question", innerHTML: block.question }), box, again);
  };

  const show = () => (deed.get() ? outcome(deed.get()) : question());
  show();
  return { element: place };
}

function label(kind) {
  return element("h3", { textContent: t(`shell.lesson.${kind}`) });
}

// --- A goal the page watches ---

function goal(block, { doer, kept, deed }) {
  const place = element("section", { className: "task goal" });
  const state = element("p", { className: "state-line", role: "status" });
  const way = button(t("shell.lesson.show-way"), "quiet");
  let isShowing = false;
  way.addEventListener("click", () => busily(place, async () => {
    isShowing = true;
    if (await doer.run(block.way, kept)) follow();
    isShowing = false;
  }));
  place.append(label("goal"), element("p", { className: "question", innerHTML: block.text }), state);
  if (block.hint) place.append(element("details", {}, element("summary", { textContent: t("shell.lesson.hint") }), element("p", { innerHTML: block.hint })));
  place.append(way);
  const follow = () => {
    const before = deed.get();
    // Met by the learner's own hand counts more than being shown how.
    if (!before?.met && doer.ask(block.when, kept) === true) {
      if (!isShowing || !before) deed.keep(isShowing ? { shown: true } : { met: true });
      if (!before) say(t("shell.lesson.met"));
    }
    const done = deed.get();
    place.classList.toggle("met", Boolean(done));
    const value = block.shows === undefined ? "" : written(doer.ask(block.shows, kept));
    const text = `${done ? (done.met ? t("shell.lesson.met") : t("shell.lesson.shown")) : t("shell.lesson.open")}${value ? ` · ${t("shell.lesson.now", { value })}` : ""}`;
    if (state.dataset.text === text) return;
    state.dataset.text = text;
    state.innerHTML = done ? icon("check") : `<span class="dot"></span>`;
    state.append(text);
  };
  return { element: place, follow };
}

// --- Something to try ---

function set(block, { doer, kept }) {
  if (!block.slider) {
    const go = button("", "button try");
    go.innerHTML = `${icon("tune")}<span>${block.label}</span>`;
    go.addEventListener("click", () => busily(go.parentElement, () => doer.run(block.do, kept)));
    return { element: element("p", { className: "set" }, go) };
  }
  const [min, max, step] = block.slider;
  const slider = element("input", { type: "range", min, max, step });
  slider.id = `lesson-slider-${made++}`;
  const output = element("output", { htmlFor: slider.id });
  let isHeld = false;
  const show = () => {
    output.textContent = written(slider.valueAsNumber);
    slider.style.setProperty("--share", (slider.valueAsNumber - min) / (max - min));
  };
  slider.addEventListener("input", () => {
    isHeld = true;
    show();
  });
  slider.addEventListener("change", async () => {
    // As Python reads it, 1 is an int and 1.0 a float.
    const decimals = String(step).split(".")[1]?.length ?? 0;
    await doer.run(block.do.replaceAll("{}", slider.valueAsNumber.toFixed(decimals)), kept);
    isHeld = false;
  });
  return {
    element: element("p", { className: "set slider" }, element("label", { htmlFor: slider.id, innerHTML: block.label }), output, slider),
    follow() {
      const value = doer.ask(block.value, kept);
      if (isHeld || !Number.isFinite(value)) return;
      slider.value = value;
      show();
    },
  };
}

// --- The same lines as a graph that is run, and eagerly ---

function python(block, { app, doer, kept }) {
  const place = element("section", { className: "python" });
  const table = element("div", { className: "lines", tabIndex: 0, role: "group", ariaLabel: t("shell.lesson.lines") });
  const next = button(t("shell.lesson.next-line"));
  const again = button(t("shell.lesson.from-start"), "quiet");
  let at = 0;
  const cell = (version, code) => element("div", { className: `cell ${version}` },
    element("span", { className: "version", textContent: version === "tf1" ? "TF 1" : "TF 2" }), element("code", { textContent: code }), element("samp", {}));
  const rows = block.lines.map((line) => {
    const row = element("div", { className: "row" }, cell("tf1", line.graph), cell("tf2", line.eager));
    table.append(row);
    return row;
  });
  const show = () => {
    rows.forEach((row, i) => {
      row.classList.toggle("done", i < at);
      row.classList.toggle("here", i === at - 1);
      if (i >= at) for (const samp of row.querySelectorAll("samp")) samp.textContent = "";
    });
    next.disabled = at >= rows.length;
    again.hidden = at === 0;
  };
  // A tensor as Python prints it, before and after there is a value.
  const shapeOf = (node) => node.shape.replace(/None/g, "?");
  const runLine = async () => {
    const { node } = block.lines[at];
    const [graph, eager] = rows[at].querySelectorAll("samp");
    const name = node.replace("!", "");
    if (name) {
      await doer.run(`fetch ${name}; run`, kept);
      const seen = app.state.nodes.find((each) => each.name === name);
      const printed = app.lens?.run?.error ?? app.lens?.run?.printed ?? "";
      graph.textContent = node.endsWith("!") ? printed : `Tensor("${name}:0", shape=${shapeOf(seen)}, dtype=${seen.dtype})`;
      eager.textContent = node.endsWith("!") ? printed : `tf.Tensor(${printed}, shape=${seen.shape}, dtype=${seen.dtype})`;
      say(`TF 1: ${graph.textContent}. TF 2: ${eager.textContent}`);
    }
    ++at;
    show();
  };
  next.addEventListener("click", async () => {
    await busily(place, runLine);
    show();
  });
  again.addEventListener("click", () => {
    at = 0;
    show();
    next.focus();
  });
  place.append(table, element("p", { className: "line-buttons" }, next, again));
  show();
  return { element: place };
}

// --- The valley ---

function curve(block, { app, doer, kept }) {
  const [width, height, edge] = [320, 150, 10];
  const [from, to] = block.range;
  const points = 161;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  const figure = element("figure", { className: "curve" }, svg, element("figcaption", { innerHTML: block.label ?? "" }));
  let y = [];
  let trail = [];
  let wanted = "";
  let step = -1;
  const value = () => doer.ask(`value(${block.variable})`, kept);
  const heightAt = (x) => {
    const place = ((x - from) / (to - from)) * (points - 1);
    const left = Math.max(0, Math.min(points - 2, Math.floor(place)));
    return y[left] + (y[left + 1] - y[left]) * (place - left);
  };
  const draw = () => {
    if (!y.length) return;
    const [low, high] = [Math.min(...y), Math.max(...y)];
    const px = (x) => edge + ((x - from) / (to - from)) * (width - 2 * edge);
    const py = (h) => height - edge - ((h - low) / (high - low || 1)) * (height - 3 * edge);
    const dot = (x, className, radius) => (x >= from && x <= to ? `<circle class="${className}" cx="${px(x).toFixed(1)}" cy="${(py(heightAt(x)) - (radius > 4 ? radius : 0)).toFixed(1)}" r="${radius}"/>` : "");
    const now = value();
    svg.setAttribute("aria-label", t("shell.lesson.curve", { variable: block.variable, value: written(now), height: written(doer.ask(`value(${block.node})`, kept)) }));
    svg.innerHTML = `<path d="M${y.map((h, i) => `${px(from + ((to - from) * i) / (points - 1)).toFixed(1)} ${py(h).toFixed(1)}`).join("L")}"/>`
      + trail.map((x) => dot(x, "trail", 2)).join("") + dot(now, "ball", 6);
  };
  const ask = async () => {
    const { y: found, error } = await app.ask("curve", { do: "curve", variable: block.variable, node: block.node, from, to, points });
    if (error) return;
    y = found;
    draw();
  };
  return {
    element: figure,
    follow() {
      const { state } = app;
      if (!state?.nodes) return;
      // The curve is another one only when the graph is: then the run has begun anew.
      const inputs = JSON.stringify(state.nodes.filter(({ type }) => type === "Const").map(({ value: constant }) => constant));
      if (inputs !== wanted) {
        wanted = inputs;
        ask();
      }
      if (state.step < step || state.step === 0) trail = [];
      if (state.step !== step) trail = [...trail, value()].slice(-60);
      step = state.step;
      draw();
    },
  };
}

export const blockMakers = { predict, goal, set, python, curve };
