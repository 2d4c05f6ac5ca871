// Messages between an embed and the page around it (postMessage): one table each way, from which reader, documentation
// and tests are made. Every message is {sandflow: 1, type, ...}. The reading runs in Node, too.
import { parameterOf, parameters, readValue } from "./link.js";

export const version = 1;

// Fields end in ? where they may be left out. `id`, where a message has one, comes back with its answer.
export const incoming = {
  play: { help: "Train, at the sandbox's speed." },
  pause: { help: "Stop training." },
  step: { fields: { "count?": "count" }, help: "Train `count` batches; one, if nothing is said." },
  reset: { help: "Back to step 0." },
  set: { fields: { name: "setting", value: "value" }, help: "Set a parameter of the table above that training knows, or `speed`." },
  load: { fields: { "link?": "text", "scene?": "scene" }, help: "Open what a link says (`\"scene=spiral&seed=7\"`), or a scene as an object. Answered by `state`." },
  "get-state": { help: "Answered by `state` with `scene`, the whole scene, and `link`, what opens it." },
  screenshot: { fields: { "kind?": "kind" }, help: "Answered by `screenshot`: the graph as `\"png\"` or `\"svg\"`." },
};

export const outgoing = {
  ready: { fields: { title: "text" }, help: "The sandbox runs and hears messages." },
  height: { fields: { height: "number" }, help: "How many CSS pixels the embed would like to be high, at its width." },
  state: { fields: { playing: "flag", step: "count", epoch: "count", loss: "number", accuracy: "number", settings: "settings" },
    help: "What has changed; at most some ten times a second. `loss` and `accuracy` are of the test data, `null` where there are none." },
  step: { fields: { step: "count", loss: "number" }, help: "Batches were trained; `loss` is the last batch's." },
  "goal-met": { fields: { lesson: "text", step: "count" }, help: "The learner has met a goal of a lesson." },
  screenshot: { fields: { picture: "text" }, help: "A data URL." },
  error: { fields: { text: "text" }, help: "A message could not be obeyed, or the sandbox has complained." },
};

const isText = (value) => typeof value === "string";
const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// Whether a setting may have a value; a number's own range is known where the scene is.
export function readSetting(name, value) {
  const parameter = isText(name) ? parameterOf(name) : undefined;
  if (!parameter || !(parameter.of || name === "speed")) return undefined;
  return isText(value) || typeof value === "number" ? readValue(parameter, String(value)) : undefined;
}

const kinds = {
  text: isText,
  count: (value) => Number.isInteger(value) && value >= 1 && value <= 100000,
  scene: isPlain,
  kind: (value) => value === "png" || value === "svg",
  setting: (value) => isText(value) && (parameterOf(value)?.of !== undefined || value === "speed"),
  value: (value, { name }) => readSetting(name, value) !== undefined,
};

const shown = (value) => {
  let text;
  try {
    text = isText(value) ? `"${value}"` : (JSON.stringify(value) ?? String(value));
  } catch {
    text = typeof value;  // A circle, a bigint.
  }
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

// What arrived from outside: {message}, or {error}, or nothing if it is none of ours. Never throws.
export function readMessage(data) {
  if (!isPlain(data) || !Object.hasOwn(data, "sandflow")) return {};
  const { type, id } = data;
  const answer = isText(id) || Number.isFinite(id) ? { id } : {};
  const wrong = (error) => ({ ...answer, error });
  if (data.sandflow !== version) return wrong(`This sandbox speaks version ${version}, not ${shown(data.sandflow)}.`);
  // Our own kind talks, too: an embed's messages reach its page's other listeners.
  if (!isText(type) || !Object.hasOwn(incoming, type))
    return isText(type) && Object.hasOwn(outgoing, type) ? {} : wrong(`There is no message ${shown(type)}.`);
  const message = { type, ...answer };
  for (const [written, kind] of Object.entries(incoming[type].fields ?? {})) {
    const name = written.replace("?", "");
    if (data[name] === undefined) {
      if (written === name) return wrong(`${type}: ${name} is missing.`);
    } else if (!kinds[kind](data[name], data)) {
      return wrong(`${type}: ${name} cannot be ${shown(data[name])}.`);
    } else {
      message[name] = data[name];
    }
  }
  if (type === "load" && (message.link === undefined) === (message.scene === undefined))
    return wrong("load: either link or scene.");
  return { message };
}

// --- In the page ---

// What training is set to, by the names that `set` and links know.
function settingsOf(state) {
  const settings = { speed: state.speed, batch_size: state.batch_size, seed: state.seed };
  for (const { name, of } of parameters) {
    const choice = state[of?.length === 3 ? of[1] : of?.[0]];
    if (!isPlain(choice) || name.includes("*")) continue;
    const value = of.at(-1) === "name" ? choice.name : choice.parameters?.[of.at(-1)];
    if (value !== undefined && value !== "") settings[name] = value;
  }
  return settings;
}

const numberOrNull = (value) => (Number.isFinite(value) ? value : null);

// `does`: how to open a link or a scene, write a link and make a picture.
export function wireMessages(app, does) {
  if (window.parent === window) return;
  const tell = (type, fields) => window.parent.postMessage({ sandflow: version, type, ...fields }, "*");

  const stateOf = (state) => ({
    playing: state.playing,
    step: state.step,
    epoch: state.epoch,
    loss: numberOrNull(state.test_loss),
    accuracy: numberOrNull(state.test_accuracy),
    settings: settingsOf(state),
  });
  const whole = async () => {
    const scene = JSON.parse(await app.save());
    return { ...stateOf(app.state), scene, link: await does.link() };
  };

  const obey = {
    play: () => app.command({ do: "play" }),
    pause: () => app.command({ do: "pause" }),
    step: ({ count = 1 }) => app.command({ do: "train", steps: count }),
    reset: () => app.command({ do: "reset" }),
    set({ name, value }) {
      const { of } = parameterOf(name);
      const key = of ? of.filter((part) => part !== "training" && part !== "name").join(".") : name;
      app.set(key, readSetting(name, value));
    },
    async load({ link, scene, id }) {
      const refused = await (scene ? does.openScene(scene) : does.openLink(link));
      if (refused) throw new Error(`load: ${refused}`);
      tell("state", { id, ...(await whole()) });
    },
    "get-state": async ({ id }) => tell("state", { id, ...(await whole()) }),
    screenshot: async ({ id, kind = "png" }) => tell("screenshot", { id, picture: await does.picture(kind) }),
  };

  window.addEventListener("message", async ({ data, source }) => {
    if (source !== window.parent) return;
    const { message, error, id } = readMessage(data);
    if (error) return tell("error", { id, text: error });
    if (!message) return;
    await app.ready;
    try {
      await obey[message.type](message);
    } catch (problem) {
      tell("error", { id: message.id, text: String(problem?.message ?? problem) });
    }
  });

  let told = "";
  let step = 0;
  app.on("state", (state) => {
    const latest = stateOf(state);
    const text = JSON.stringify(latest);
    if (text === told) return;
    told = text;
    tell("state", latest);
    if (state.step > step) tell("step", { step: state.step, loss: numberOrNull(state.batch_loss) });
    step = state.step;
  });
  app.on("notice", ({ text, kind }) => kind === "error" && tell("error", { text }));
  app.on("failed", ({ text }) => tell("error", { text }));
  document.addEventListener("sandflow-goal", ({ detail }) => tell("goal-met", detail));
  app.ready.then(() => {
    tell("ready", { title: document.title });
    tellHeight(tell);
  });
}

// The stage as high as its width asks for, and around it what is there.
function tellHeight(tell) {
  const stage = document.getElementById("stage");
  let told = 0;
  const measure = () => {
    const around = document.body.offsetHeight - stage.offsetHeight;
    const height = Math.round(around + Math.min(Math.max(stage.offsetWidth * 0.5, 320), 560));
    if (height === told) return;
    told = height;
    tell("height", { height });
  };
  // What is around changes with the width, never with the height that is asked for.
  const observer = new ResizeObserver(measure);
  for (const element of [stage, ...document.querySelectorAll(".header, .transport, .switches")]) observer.observe(element);
}
