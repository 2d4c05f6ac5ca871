// One setting's control: a choice, a number that can be typed as in Python, or a slider. All have the same four verbs.
import { t } from "./texts.js";

let made = 0;

function element(tag, properties = {}, ...children) {
  const created = Object.assign(document.createElement(tag), properties);
  created.append(...children);
  return created;
}

// A setting: {key, kind, label, help, value, disabled, ...}; `send(value)` hands on what the learner sets.
export function createField(setting, send) {
  const control = { choice: choiceControl, number: numberControl, slider: sliderControl }[setting.kind](setting, send);
  control.input.id = `field-${made++}`;
  const label = element("label", { className: "label", htmlFor: control.input.id });
  const field = element("div", { className: `field ${setting.kind}` }, label, ...control.elements);
  return {
    element: field,
    // Brings the control up to date with the app's state.
    show(latest) {
      if (label.textContent !== latest.label) label.textContent = latest.label;
      // A sign beside the label, and for those who do not see it a word.
      label.classList.toggle("restarts", Boolean(latest.restarts));
      control.input.ariaDescription = latest.restarts ? t("shell.restarts.this") : "";
      if (field.title !== (latest.help ?? "")) field.title = latest.help ?? "";
      field.classList.toggle("disabled", Boolean(latest.disabled));
      control.input.disabled = Boolean(latest.disabled);
      control.show(latest);
    },
  };
}

function choiceControl(setting, send) {
  const select = element("select");
  const arrow = element("span", { className: "arrow" });
  let listed = "";
  select.addEventListener("change", () => send(select.value));
  return {
    input: select,
    elements: [element("span", { className: "box" }, select, arrow)],
    show({ choices, value }) {
      const labels = new Map(choices.map(({ name, label }) => [name, label ?? (name || t("shell.none"))]));
      if (!labels.has(value)) labels.set(value, value || t("shell.none"));
      if ([...labels].join() !== listed) {
        listed = [...labels].join();
        select.replaceChildren(...[...labels].map(([name, label]) => element("option", { value: name, textContent: label })));
      }
      if (select.value !== value) select.value = value;
    },
  };
}

function sliderControl(setting, send) {
  const slider = element("input", { type: "range", min: 0, max: 1, step: 0.01 });
  const fill = () => slider.style.setProperty("--share", slider.value);
  let held = false;
  slider.addEventListener("input", () => {
    fill();
    send(slider.valueAsNumber);
  });
  slider.addEventListener("pointerdown", () => (held = true));
  for (const type of ["pointerup", "pointercancel", "blur"]) slider.addEventListener(type, () => (held = false));
  return {
    input: slider,
    elements: [element("span", { className: "box" }, slider)],
    show({ value }) {
      if (!held) slider.value = value;
      slider.ariaValueText = `${Math.round(slider.valueAsNumber * 100)} %`;
      fill();
    },
  };
}

// --- Numbers ---

const written = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const shown = (number) => String(Number(Number(number).toPrecision(7)));

// Why a text cannot be this setting's value; nothing if it can.
function complaint(text, { integer, minimum, maximum }) {
  if (!written.test(text)) return t("shell.error.number");
  const number = Number(text);
  if (integer && !Number.isInteger(number)) return t("shell.error.integer");
  if (number < minimum || number > maximum)
    return t("shell.error.range", { minimum: shown(minimum), maximum: shown(maximum) });
}

// The next number an arrow key leads to: 1, 2, 5, 10 where the scale is logarithmic, else a round part of the range.
export function stepped(number, up, { logarithmic, integer, minimum, maximum }) {
  let next;
  if (logarithmic && number > 0) {
    const power = 10 ** Math.floor(Math.log10(number * (1 + 1e-9)));
    const ladder = [0.5, 1, 2, 5, 10].map((rung) => rung * power);
    next = up
      ? ladder.find((rung) => rung > number * (1 + 1e-9))
      : ladder.findLast((rung) => rung < number * (1 - 1e-9));
    if (integer) next = up ? Math.max(Math.round(next), number + 1) : Math.min(Math.round(next), number - 1);
  } else {
    const range = maximum - minimum;
    const step = integer || !(range > 0 && range < 1e6) ? 1 : 10 ** Math.floor(Math.log10(range / 20));
    next = (up ? Math.floor(number / step + 1e-6) + 1 : Math.ceil(number / step - 1e-6) - 1) * step;
  }
  return Number(Math.min(Math.max(next, minimum), maximum).toPrecision(12));
}

function numberControl(setting, send) {
  const id = `message-${made++}`;
  const input = element("input", { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false });
  const message = element("span", { className: "message", id });
  let latest = setting;
  let inForce;  // The app's value when it was last written here.
  let edited = false;
  let sent;  // Until it comes back as the app's value, a state may be older than it.
  const patience = 1500;  // ms; then whatever the app has is shown: it may have had reasons.

  const judge = () => {
    const wrong = complaint(input.value.trim(), latest);
    message.textContent = wrong ?? "";
    input.ariaInvalid = wrong ? "true" : null;
    if (wrong) input.setAttribute("aria-describedby", id);
    else input.removeAttribute("aria-describedby");
    return !wrong;
  };
  const write = () => {
    inForce = latest.value;
    edited = false;
    sent = undefined;
    input.value = latest.value === undefined ? "" : shown(latest.value);
    judge();
  };
  const give = () => {
    if (!judge() || !edited) return;
    edited = false;
    const number = Number(input.value);
    if (number === (sent ?? latest.value)) return;
    sent = number;
    setTimeout(() => sent === number && !edited && write(), patience);
    send(number);
  };

  input.addEventListener("input", () => {
    edited = true;
    judge();
  });
  input.addEventListener("change", give);
  // What cannot be does not stay in the bar as if it were.
  input.addEventListener("blur", () => input.ariaInvalid === "true" && write());
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") give();
    else if (event.key === "Escape" && edited) {
      event.preventDefault();
      event.stopPropagation();
      write();
      input.select();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      const number = written.test(input.value.trim()) ? Number(input.value) : latest.value;
      input.value = shown(stepped(number, event.key === "ArrowUp", latest));
      edited = true;
      give();
    }
  });
  return {
    input,
    elements: [element("span", { className: "box" }, input), message],
    show(setting) {
      latest = setting;
      // What is wrong stays to be put right, until the app has another value.
      const typing = edited && document.activeElement === input;
      if (latest.value === sent) sent = undefined;
      if (latest.value !== inForce && !typing && sent === undefined) write();
      else if (input.ariaInvalid === "true") judge();
    },
  };
}
