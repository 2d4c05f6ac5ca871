// Messages between an embed and the page around it (postMessage): one table each way, from which reader, documentation
// and tests are made. Every message is {sandflow: 1, type, ...}. Runs in Node, too: nothing here needs a page.
import { parameterOf, readValue } from "./link.js";

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
export const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

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
