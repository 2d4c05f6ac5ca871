// Opens what a link asks for: a scene or a lesson, settings of it, parts to hide, and a run. What cannot be had is named.
import { openLesson } from "./lesson.js";
import { parameterOf, unpack, withSettings } from "./link.js";
import { embedded, hideParts } from "./parts.js";
import { t, useLanguage } from "./texts.js";
import { useTheme } from "./theme.js";

const setsScene = (name) => name === "scene" || name === "state" || Boolean(parameterOf(name)?.of);
const withSet = ({ name, text }) => `\`${`${name}${text ? `=${text}` : ""}`.replace(/[`\p{C}]/gu, "").slice(0, 40)}\``;

// The scene a link means, as text, and where it is from; nothing if none is meant and one is open.
export async function prepare({ values, problems }, scenes, isOpen) {
  const found = { values, problems: [...problems] };
  if (isOpen && !Object.keys(values).some(setsScene)) return found;
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

function withThem(text, values) {
  try {
    return JSON.stringify(withSettings(JSON.parse(text), values));
  } catch {
    return text;  // The app says what is wrong with it.
  }
}

async function openScene({ text, origin, values, problems }, scenes) {
  const settings = Object.entries(values).filter(([name]) => parameterOf(name).of);
  const wanted = settings.length ? withThem(text, values) : text;
  if (await scenes.openText(wanted, origin)) return;
  // The app has said why. Without its settings the scene may do.
  if (wanted !== text && (await scenes.openText(text, origin)))
    problems.push(...settings.map(([name, value]) => ({ name, text: String(value) })));
  else if (scenes.list.length && !scenes.current()) await scenes.open(scenes.list[0].file);
}

// Sends the scene at once, so that what starts after it starts with it.
export async function open(link, { app, scenes, notices }) {
  const { values, problems } = link;
  if (link.text !== undefined) await openScene(link, scenes);
  const { lesson } = values;
  if (lesson && !(await openLesson(lesson, values.step && values.step - 1))) problems.push({ name: "lesson", text: lesson });
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
export function followAddress(readAddress, parts) {
  window.addEventListener("hashchange", async () => {
    const link = readAddress(location);
    if (link.values.lang) useLanguage(link.values.lang);
    if (link.values.theme) useTheme(link.values.theme);
    hideParts(link.values.hide);
    await open(await prepare(link, parts.scenes, true), parts);
  });
}
