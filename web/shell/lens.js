// The Session lens around the canvas: the sess.run line made of chips, what it printed, the Variables and the way
// through the run.
import { say } from "./announce.js";
import { isTouched } from "./parts.js";
import { count, onLanguage, t } from "./texts.js";

const at = (id) => document.getElementById(id);
let lens = { on: false };

const order = (app, verb, more) => app.command({ do: "lens", verb, ...more });

// The keys and buttons of a run belong to the lens while it is on, to `training` otherwise.
export function lensVerbs(app, training) {
  const toggle = () => (lens.run ? order(app, "toggle") : order(app, "run"));
  return {
    toggle: () => (lens.on ? toggle() : training.toggle()),
    step: () => (lens.on ? order(app, "forward") : training.step()),
    epoch: () => !lens.on && training.epoch(),
    reset: () => (lens.on ? order(app, "to", { stop: 0 }) : training.reset()),
    "lens-toggle": toggle,
    run: () => lens.on && order(app, "run"),
    back: () => lens.on && order(app, "back"),
    forward: () => lens.on && order(app, "forward"),
    fetch: () => {
      const [node, more] = app.state?.selected ?? [];
      if (lens.on && node && !more) order(app, lens.fetches.includes(node) ? "unfetch" : "fetch", { node });
    },
    session: () => order(app, lens.on ? "off" : "on"),
  };
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const code = (text) => element("span", { className: "code", textContent: text });

function removeButton(label, does) {
  const button = element("button", { type: "button", className: "remove", ariaLabel: label, title: label });
  button.innerHTML = `<svg class="icon small" aria-hidden="true"><use href="#icon-close"/></svg>`;
  button.addEventListener("click", does);
  return button;
}

// A field in which a name is typed or picked from a list.
function adder(app, kind, verb) {
  const list = element("datalist", { id: `lens-${kind}-names` });
  const input = element("input", { type: "text", className: "adder", autocomplete: "off", spellcheck: false });
  input.autocapitalize = "off";
  input.id = `lens-${kind}`;
  input.setAttribute("list", list.id);
  const give = () => {
    const name = input.value.trim();
    input.value = "";
    if (name) order(app, verb, { node: name });
    if (name && verb === "feed") focusFeed = name;
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) give();
  });
  // Picked from the list, nothing is left to be typed.
  input.addEventListener("input", ({ inputType }) => (inputType === undefined || inputType === "insertReplacementText") && give());
  input.addEventListener("change", give);
  return {
    elements: [input, list],
    show(names) {
      input.placeholder = input.ariaLabel = t(`shell.lens.add-${kind}`);
      list.replaceChildren(...names.map((name) => element("option", { value: name })));
    },
  };
}

let focusFeed = "";  // A feed that was just added wants its value.

function feedChip(app, feed) {
  const chip = element("span", { className: "chip fed" });
  const input = element("input", { type: "text", autocomplete: "off", spellcheck: false });
  const remove = removeButton("", () => order(app, "unfeed", { node: feed.key }));
  chip.append(code(`${feed.key}: `), input, remove);
  input.dataset.feed = feed.key;
  let shown;
  let width = 1;
  const fit = () => input.style.setProperty("--width", Math.min(28, Math.max(4, width, input.value.length + 1)));
  const give = () => input.value !== shown && order(app, "feed", { node: feed.key, text: input.value });
  input.addEventListener("input", fit);
  input.addEventListener("change", give);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") give();
    else if (event.key === "Escape") {
      input.value = shown;
      fit();
    }
  });
  return {
    chip,
    show(latest) {
      const batch = latest.batch ? t("shell.lens.batch", { shape: latest.batch }) : "";
      input.placeholder = batch;
      input.ariaLabel = t("shell.lens.feed-value", { node: latest.key });
      remove.ariaLabel = remove.title = t("shell.lens.remove-feed", { node: latest.key });
      width = batch.length + 1;
      if (latest.text !== shown && document.activeElement !== input) input.value = latest.text;
      shown = latest.text;
      fit();
      if (focusFeed !== latest.key) return;
      focusFeed = "";
      input.focus();
      input.select();
    },
  };
}

function wireCall(app) {
  const call = at("lens-call");
  const fetchAdder = adder(app, "fetch", "fetch");
  const feedAdder = adder(app, "feed", "feed");
  const chips = new Map();
  const feeds = new Map();
  const ghosts = element("span", { className: "ghosts" });
  const nextBatch = element("button", { type: "button", className: "ghost" });
  nextBatch.addEventListener("click", () => order(app, "next-batch"));
  const open = code("sess.run([");
  const middle = code("], feed_dict={");
  const close = code("})");
  // In its fields the page's own keys are letters: this one is not.
  call.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) order(app, "run");
  });
  call.append(open, ...fetchAdder.elements, ghosts, middle, ...feedAdder.elements, nextBatch, close);

  // Chips stay while what they stand for does, so that none loses the focus to a redrawing.
  const keep = (map, keys, make, before) => {
    for (const [key, entry] of map) {
      if (keys.includes(key)) continue;
      // Removed with the keyboard, the focus goes where the next one is added.
      if (entry.chip.contains(document.activeElement)) before.focus();
      entry.chip.remove();
      map.delete(key);
    }
    for (const key of keys) {
      if (!map.has(key)) map.set(key, make(key));
      call.insertBefore(map.get(key).chip, before);
    }
  };
  return () => {
    const alone = lens.fetches.length === 1;  // A single fetch is no list.
    open.textContent = alone ? "sess.run(" : "sess.run([";
    middle.textContent = alone ? ", feed_dict={" : "], feed_dict={";
    keep(chips, lens.fetches, (name) => {
      const kind = name === lens.init ? "init" : name === lens.train ? "train" : "";
      const remove = removeButton("", () => order(app, "unfetch", { node: name }));
      return { chip: element("span", { className: `chip ${kind}` }, code(name), remove), remove };
    }, fetchAdder.elements[0]);
    for (const [name, { remove }] of chips) remove.ariaLabel = remove.title = t("shell.lens.remove-fetch", { node: name });
    keep(feeds, lens.feeds.map(({ key }) => key), (key) => feedChip(app, lens.feeds.find((feed) => feed.key === key)), feedAdder.elements[0]);
    for (const feed of lens.feeds) feeds.get(feed.key).show(feed);
    const unfetched = lens.fetchable.filter((name) => !lens.fetches.includes(name));
    fetchAdder.show(unfetched);
    feedAdder.show(lens.fetchable.filter((name) => name !== lens.init && name !== lens.train && !feeds.has(name)));
    const offered = [lens.init, lens.train].filter((name) => name && unfetched.includes(name));
    const wanted = offered.join();
    if (ghosts.dataset.names !== wanted) {
      ghosts.dataset.names = wanted;
      ghosts.replaceChildren(...offered.map((name) => {
        const ghost = element("button", { type: "button", className: "ghost", textContent: `+ ${name}` });
        ghost.addEventListener("click", () => order(app, "fetch", { node: name }));
        return ghost;
      }));
    }
    nextBatch.textContent = t("shell.lens.next-batch");
    nextBatch.hidden = !lens.feeds.some((feed) => feed.is_batch);
  };
}

function showOutput() {
  const { run } = lens;
  at("lens-hint").hidden = Boolean(run);
  at("lens-hint").textContent = t(`shell.lens.hint${lens.closed ? "-closed" : isTouched() ? "-touch" : ""}`);
  for (const id of ["lens-code", "lens-printed", "lens-order"]) at(id).hidden = !run;
  if (!run) return;
  const write = (id, text) => at(id).textContent !== text && (at(id).textContent = text);
  write("lens-code", `>>> ${run.error ? run.code : `print(${run.code})`}`);
  write("lens-printed", run.error ?? run.printed);
  at("lens-printed").classList.toggle("wrong", Boolean(run.error));
  const parts = { feed: 0, forward: 0, gradients: 0, update: 0, initial: 0 };
  for (const { part } of run.stops) parts[part]++;
  const sums = Object.entries(parts).filter(([, number]) => number).map(([part, number]) => t(`shell.lens.part.${part}`, { count: count(number) }));
  if (run.pruned.length) sums.push(t("shell.lens.part.pruned", { count: count(run.pruned.length) }));
  sums.push(...Object.entries(run.unknown).map(([node, what]) => `${node}: ${what}`));
  write("lens-order", sums.join(" · "));
}

// A Variable's value can be typed: into the session, not into the scene.
function variableRow(app, { name, state, value, literal }) {
  const code = element("code", { textContent: value.replace(/\s+/g, " ") });
  const about = t("shell.lens.edit-about", { node: name });
  const edit = element("button", { type: "button", className: "remove", title: about, ariaLabel: t("shell.lens.edit", { node: name }) });
  edit.innerHTML = `<svg class="icon small" aria-hidden="true"><use href="#icon-edit"/></svg>`;
  const input = element("input", { type: "text", value: literal, hidden: true, title: about, autocomplete: "off", spellcheck: false, ariaLabel: t("shell.lens.edit-value", { node: name }) });
  const leave = (gives) => {
    if (input.hidden) return;
    const hadFocus = document.activeElement === input;
    input.hidden = true;
    code.hidden = false;
    if (gives) order(app, "load", { node: name, text: input.value });
    else input.value = literal;
    if (hadFocus) edit.focus();
  };
  edit.addEventListener("click", () => {
    if (!input.hidden) return leave(true);
    code.hidden = true;
    input.hidden = false;
    input.focus();
    input.select();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") leave(true);
    if (event.key === "Escape") leave(false);
  });
  input.addEventListener("blur", ({ relatedTarget }) => relatedTarget !== edit && leave(false));
  return element("li", { className: state },
    element("span", { className: "code", textContent: name }),
    element("span", { className: "state", textContent: t(`shell.lens.state.${state}`) }),
    code, input, edit);
}

function showVariables(app) {
  const list = at("lens-variables");
  const json = JSON.stringify([lens.variables, document.documentElement.lang]);
  at("lens-init").hidden = !lens.variables.length || lens.closed;
  if (list.dataset.shown === json) return;
  list.dataset.shown = json;
  list.replaceChildren(...lens.variables.map((variable) => variableRow(app, variable)));
  if (!lens.variables.length) list.append(element("li", { className: "none", textContent: t("shell.lens.no-variables") }));
}

function showDrive() {
  const stops = lens.run?.stops ?? [];
  const last = stops[lens.at - 1];
  const place = !lens.run ? t("shell.lens.not-run")
    : last ? t("shell.lens.place", { at: count(lens.at), of: count(stops.length), node: last.node, part: t(`app.lens.part.${last.part}`) })
      : t("shell.lens.begin", { of: count(stops.length) });
  if (at("lens-place").textContent !== place) at("lens-place").textContent = place;
  const slider = at("lens-at");
  slider.max = Math.max(1, stops.length);
  slider.disabled = !stops.length;
  if (slider.valueAsNumber !== lens.at) slider.value = lens.at;
  slider.ariaValueText = place;
  slider.style.setProperty("--share", stops.length ? lens.at / stops.length : 0);
  const speed = at("lens-speed");
  if (document.activeElement !== speed) speed.value = lens.speed;
  speed.style.setProperty("--share", speed.value);
  document.querySelector("[data-does=back]").disabled = !lens.at;
  document.querySelector("[data-does=forward]").disabled = lens.at >= stops.length;
  const play = at("lens-play");
  play.disabled = Boolean(lens.run) && !stops.length;
  play.ariaLabel = play.title = t(lens.playing ? "shell.pause" : lens.run ? "shell.lens.replay" : "shell.lens.run");
  play.querySelector("use").setAttribute("href", lens.playing ? "#icon-pause" : "#icon-play");
  at("lens-session").textContent = t(lens.closed ? "shell.lens.session-closed" : "shell.lens.session", { session: count(lens.session), runs: count(lens.runs) });
  at("lens-close").disabled = lens.closed;
}

// From a file or in a frame there is no clipboard to write to, but still the old way.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element("textarea", { value: text, className: "unseen" });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

// Screen readers hear the result at once; the eye follows it node by node.
let heard = "";
function sayResult() {
  const run = lens.run && `${lens.session} ${lens.runs}`;
  if (run && run !== heard) say(lens.run.error ?? t("shell.lens.say", { printed: lens.run.printed || "''" }));
  heard = run ?? heard;
}

export function wireLens(app) {
  const showCall = wireCall(app);
  const mode = at("mode");
  const buttons = [...mode.querySelectorAll("button")];
  const show = () => {
    for (const id of ["lens-bar", "lens-panel", "lens-drive"]) at(id).hidden = !lens.on;
    at("transport").hidden = lens.on;
    document.body.classList.toggle("in-lens", lens.on);
    for (const button of buttons) {
      const chosen = (button.dataset.mode === "on") === lens.on;
      button.ariaChecked = String(chosen);
      button.tabIndex = chosen ? 0 : -1;
    }
    if (!lens.on) return;
    showCall();
    showOutput();
    showVariables(app);
    showDrive();
    sayResult();
  };
  for (const button of buttons) button.addEventListener("click", () => order(app, button.dataset.mode));
  mode.addEventListener("keydown", (event) => {
    if (!/^Arrow/.test(event.key)) return;
    event.preventDefault();
    const other = buttons[1 - buttons.indexOf(document.activeElement)] ?? buttons[0];
    other.focus();
    other.click();
  });
  at("lens-copy").addEventListener("click", async () => {
    if (await copied(lens.code)) say(t("shell.lens.copied"));
  });
  at("lens-init").addEventListener("click", () => order(app, "init"));
  at("lens-close").addEventListener("click", () => order(app, "close"));
  at("lens-renew").addEventListener("click", () => order(app, "renew"));
  at("lens-at").addEventListener("input", ({ target }) => order(app, "to", { stop: target.valueAsNumber }));
  at("lens-speed").addEventListener("input", ({ target }) => {
    target.style.setProperty("--share", target.value);
    order(app, "speed", { value: target.valueAsNumber });
  });
  let run = null;  // Comes before the message that says that there is one.
  app.on("lens-run", (message) => (run = message));
  app.on("lens", (message) => {
    lens = { ...message, run: message.has_run ? run : null };
    app.lens = lens;
    show();
  });
  onLanguage(show);
}
