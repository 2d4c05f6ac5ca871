// Opens what a link asks for: a scene or a lesson, settings of it, parts to hide, and a run. What cannot be had is named.
import { openLesson } from "./lesson.js";
import { parameterOf, readAddress, settingKey, unpack, withSettings } from "./link.js";
import { embedded, hideParts, showPart } from "./parts.js";
import { t, useLanguage } from "./texts.js";
import { useTheme } from "./theme.js";

const setsScene = (name) => name === "scene" || name === "state" || Boolean(parameterOf(name)?.of);
const withSet = ({ name, text }) => `\`${`${name}${text ? `=${text}` : ""}`.replace(/[`\p{C}]/gu, "").slice(0, 40)}\``;

// The scene a link means, as text, and where it is from; nothing if none is meant and one is open.
export async function prepare({ values, problems }, scenes, isOpen) {
  const found = { values, problems: [...problems] };
  // A lesson brings its own.
  if (values.lesson || (isOpen && !Object.keys(values).some(setsScene))) return found;
  if (values.state !== undefined) {
    try {
      found.text = await unpack(values.state);
      found.origin = {};
    } catch {
      found.problems.push({ name: "state", text: "" });
    }
  }
  if (found.text === undefined) {
    const listed = scenes.find(values.scene);
    if (values.scene && !listed) found.problems.push({ name: "scene", text: values.scene });
    const file = (listed ?? scenes.current() ?? scenes.list[0])?.file;
    found.text = file && (await scenes.read(file));
    found.origin = { file };
  }
  return found;
}

async function openScene({ text, origin, values, problems }, scenes) {
  const settings = Object.entries(values).filter(([name]) => parameterOf(name).of);
  if (!(await scenes.openText(text, origin))) {
    // The app has said why.
    if (scenes.list.length && !scenes.current()) await scenes.open(scenes.list[0].file);
  } else if (settings.length && !(await scenes.reopen(JSON.stringify(withSettings(JSON.parse(text), values))))) {
    problems.push(...settings.map(([name, value]) => ({ name, text: String(value) })));
  }
}

// Whether there is such a lesson; if not, what else the link says is opened.
async function openTheLesson(values, { app, scenes }) {
  if (!(await openLesson(values.lesson, values.step === undefined ? undefined : values.step - 1))) return false;
  if (embedded) showPart("lesson");
  for (const [name, value] of Object.entries(values)) {
    const { of } = parameterOf(name);
    if (of) app.set(settingKey(of), value);
  }
  return true;
}

// Sends the scene at once, so that what starts after it starts with it.
export async function open(link, { app, scenes, notices }) {
  const { values, problems } = link;
  if (values.lesson && !(await openTheLesson(values, { app, scenes }))) {
    const { lesson, ...others } = values;
    const otherwise = await prepare({ values: others, problems }, scenes, Boolean(scenes.current()));
    return open({ ...otherwise, problems: [{ name: "lesson", text: lesson }, ...otherwise.problems] }, { app, scenes, notices });
  }
  if (link.text !== undefined) await openScene(link, scenes);
  if (values.speed !== undefined) app.set("speed", values.speed);
  if (values.steps) app.command({ do: "train", steps: values.steps });
  // Nothing moves by itself in front of those who asked for less of it.
  const calm = embedded && matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (values.play && !calm) app.command({ do: "play" });
  if (problems.length) notices.show(problemText(problems), "error");
  return problems;
}

export const problemText = (problems) => t("shell.link-problem", { parts: problems.slice(0, 6).map(withSet).join(", ") });

// Another link, put into this page's address, is followed without loading the page anew.
export function followAddress(parts) {
  window.addEventListener("hashchange", async () => {
    const link = readAddress(location);
    if (link.values.lang) useLanguage(link.values.lang);
    if (link.values.theme) useTheme(link.values.theme);
    hideParts(link.values.hide, link.values.lesson);
    await open(await prepare(link, parts.scenes, true), parts);
  });
}
