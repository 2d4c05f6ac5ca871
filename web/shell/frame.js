// An embed's end of the messages: obeys the page around it, and tells it what happens here.
import { parameterOf, parameters, settingKey } from "./link.js";
import { isPlain, readMessage, readSetting, version } from "./messages.js";
import { embedded, hides } from "./parts.js";

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

// `does`: how to open a link or a scene, fetch a data set, write a link and make a picture.
export function wireFrame(app, does) {
  if (!embedded) return;
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
    async set({ name, value }) {
      const { of } = parameterOf(name);
      const setting = readSetting(name, value);
      if (name === "data" && !(await does.supply(setting))) throw new Error("set: the data could not be fetched.");
      app.set(of ? settingKey(of) : name, setting);
    },
    async load({ link, scene, id }) {
      const refused = await (scene ? does.openScene(scene) : does.openLink(link));
      if (refused) throw new Error(`load: ${refused}`);
      // What was opened shows in the next report; out of sight there may be none.
      await Promise.race([app.next("state"), new Promise((done) => setTimeout(done, 500))]);
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
    // Views stand above each other.
    const [share, most] = hides("graph") ? [0.85, 720] : [0.5, 560];
    // On a phone a lesson lies over the stage, and its text needs more.
    const least = !hides("lesson") && matchMedia("(max-width: 759px)").matches ? 460 : 320;
    const height = Math.round(around + Math.min(Math.max(stage.offsetWidth * share, least), most));
    if (height === told) return;
    told = height;
    tell("height", { height });
  };
  // What is around changes with the width, never with the height that is asked for.
  const observer = new ResizeObserver(measure);
  for (const element of [stage, ...document.querySelectorAll(".header, .transport, .switches")]) observer.observe(element);
}
