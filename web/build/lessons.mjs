// Makes pages of the lessons' Markdown: steps, formulas as MathML, and blocks that the page brings to life.
//
// `# Title` is the lesson's, every `## Heading` begins a step. Formulas stand between $ signs, or $$ for one on a line of
// its own. A link to `point:W,b` points at nodes of the graph, one to `point:@play` at a control of the page: by id
// (`play`), by what it does (`step`) or by its setting (`optimizer.learning_rate`).
//
// A block is a fence (```) with one of these names; its lines are `key: value`, and a line without a key continues the
// one before. Texts are Markdown; conditions, values and actions are those of web/shell/lesson_words.js.
//
//   predict  question:, then `choice: TEXT :: CONDITION` for each answer, of which the first that holds after the run is
//            the right one, or `answer: VALUE` with an optional `tolerance:` for a number to be guessed; run: ACTIONS;
//            shows: VALUE to print beside the answer; because: what is said afterwards
//   goal     text:; when: CONDITION that the page watches; way: ACTIONS that meet it; hint:; shows: VALUE
//   set      label:; do: ACTIONS. Or slider: FROM TO STEP with {} in `do` for the number, and value: VALUE
//   python   `line: TF1 || TF2 || NODE`, line by line: as graph, then run, and eagerly. NODE! is run by TF1, too
//   curve    variable:, node:, range: FROM TO; the node along the Variable's values, with a ball where the run is
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Marked } from "marked";
import temml from "temml";
import { keptBy, parse, parseActions } from "../shell/lesson_words.js";

export const languages = ["en", "ko"];
const folder = new URL("../lessons/", import.meta.url);

// The keys of each block, and what their values are.
const kinds = {
  predict: { question: "text", choice: "choices", answer: "value", tolerance: "number", run: "actions", shows: "value", because: "text" },
  goal: { text: "text", when: "value", way: "actions", hint: "text", shows: "value" },
  set: { label: "text", do: "actions", slider: "numbers", value: "value" },
  python: { line: "lines" },
  curve: { variable: "name", node: "name", range: "numbers", label: "text" },
};

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
// The layout is the style sheet's.
const formula = (tex, displayMode) => temml.renderToString(tex, { displayMode, throwOnError: true }).replace(/ style="[^"]*"/g, "");

const markdown = new Marked({
  extensions: [
    // Markdown's own rule for where bold may end does not know Korean: **학습(training)**을.
    {
      name: "bold",
      level: "inline",
      start: (text) => text.indexOf("**"),
      tokenizer(text) {
        const found = /^\*\*([^*\n]+)\*\*/.exec(text);
        if (found) return { type: "bold", raw: found[0], tokens: this.lexer.inlineTokens(found[1]) };
      },
      renderer({ tokens }) {
        return `<strong>${this.parser.parseInline(tokens)}</strong>`;
      },
    },
    {
      name: "formula",
      level: "inline",
      start: (text) => text.indexOf("$"),
      tokenizer(text) {
        const found = /^\$\$([^$]+)\$\$|^\$([^$\n]+)\$/.exec(text);
        if (found) return { type: "formula", raw: found[0], tex: found[1] ?? found[2], display: found[1] !== undefined };
      },
      renderer: ({ tex, display }) => formula(tex.trim(), display),
    },
  ],
  renderer: {
    link({ href, tokens }) {
      const words = this.parser.parseInline(tokens);
      if (!href.startsWith("point:")) throw new Error(`a lesson links to nothing but the page: ${href}`);
      return `<button type="button" class="points" data-point="${escaped(decodeURIComponent(href.slice(6)))}">${words}</button>`;
    },
  },
});
const inline = (text) => markdown.parseInline(text);

function readBlock(kind, body) {
  const keys = kinds[kind];
  const lines = [];
  for (const line of body.split("\n")) {
    const key = /^([a-z]+):/.exec(line)?.[1];
    if (key && Object.hasOwn(keys, key)) lines.push([key, line.slice(key.length + 1).trim()]);
    else if (lines.length) lines.at(-1)[1] += ` ${line.trim()}`;
    else throw new Error(`${kind}: ${line}`);
  }
  const block = { kind };
  for (const [key, text] of lines) {
    if (keys[key] === "choices") {
      const [words, condition] = text.split(" :: ");
      (block.choices ??= []).push({ words: inline(words), when: condition });
    } else if (keys[key] === "lines") {
      const [graph, eager, node = ""] = text.split("||").map((part) => part.trim());
      (block.lines ??= []).push({ graph, eager, node });
    } else {
      block[key] = keys[key] === "text" ? inline(text) : keys[key] === "number" ? Number(text) : keys[key] === "numbers" ? text.split(/\s+/).map(Number) : text;
    }
  }
  return block;
}

// Everything that lesson_words.js has to read is read here first.
function check(block, kept) {
  const numbered = (text) => text.replaceAll("{}", "1");
  for (const actions of [block.run, block.way, block.do]) {
    if (!actions) continue;
    for (const { name, words } of parseActions(numbered(actions))) if (name === "keep") parse(words[1], kept);
    kept.push(...keptBy(numbered(actions)));
  }
  for (const value of [block.answer, block.shows, block.when, block.value, ...(block.choices ?? []).map(({ when }) => when)])
    if (value !== undefined) parse(value, kept);
}

// One lesson in one language: {title, steps: [{title, html, blocks}]}.
export function readLesson(name, language) {
  const file = new URL(`${language}/${name}.md`, folder);
  const kept = [];
  let title = "";
  const steps = [];
  try {
    for (const token of markdown.lexer(readFileSync(file, "utf8"))) {
      if (token.type === "space") continue;
      if (token.type === "heading" && token.depth === 1) title = inline(token.text);
      else if (token.type === "heading" && token.depth === 2) steps.push({ title: inline(token.text), html: "", blocks: [] });
      else if (token.type === "code" && Object.hasOwn(kinds, token.lang)) {
        const step = steps.at(-1);
        const block = readBlock(token.lang, token.text);
        check(block, kept);
        step.html += `<div class="block" data-block="${step.blocks.push(block) - 1}"></div>\n`;
      } else steps.at(-1).html += markdown.parser([token]);
    }
  } catch (error) {
    throw new Error(`web/lessons/${language}/${name}.md: ${error.message}`, { cause: error });
  }
  return { title, kept, steps };
}

export const readList = () => JSON.parse(readFileSync(new URL("list.json", folder), "utf8"));

// Writes NAME.LANGUAGE.json for each lesson, and the list of them with what the page shows before one is opened.
export function buildLessons(target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const list = readList().map((entry) => {
    const title = {};
    let steps = 0;
    for (const language of languages) {
      const lesson = readLesson(entry.name, language);
      writeFileSync(join(target, `${entry.name}.${language}.json`), JSON.stringify(lesson));
      title[language] = lesson.title;
      steps = lesson.steps.length;
    }
    return { ...entry, title, steps };
  });
  writeFileSync(join(target, "list.json"), JSON.stringify(list));
}
