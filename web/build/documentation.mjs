// Writes the README's tables of links and messages anew from where they are declared.
//
// node web/build/documentation.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { parameters } from "../shell/link.js";
import { incoming, outgoing } from "../shell/messages.js";

const texts = JSON.parse(readFileSync("web/languages/en.json", "utf8"));

const values = ({ kind, choices, minimum, maximum, integer }) =>
  choices ? choices.map((choice) => `\`${choice}\``).join(kind === "list" ? ", " : " or ")
  : kind === "number" ? `${integer ? "whole number" : "number"}${maximum === undefined ? "" : `, ${minimum} to ${maximum}`}`
  : { word: "name", packed: "text", flag: "nothing, or 0" }[kind];

const fields = (message) => Object.keys(message.fields ?? {}).map((name) => `\`${name}\``).join(", ");

const tables = {
  parameters: [
    "| parameter | value | |", "|---|---|---|",
    ...parameters.map((parameter) => `| \`${parameter.name}\` | ${values(parameter)} | ${texts[`shell.link.${parameter.name}`]} |`),
  ],
  messages: [
    "| to the sandbox | fields | |", "|---|---|---|",
    ...Object.entries(incoming).map(([name, message]) => `| \`${name}\` | ${fields(message)} | ${message.help} |`),
    "", "| from it | fields | |", "|---|---|---|",
    ...Object.entries(outgoing).map(([name, message]) => `| \`${name}\` | ${fields(message)} | ${message.help} |`),
  ],
};

let readme = readFileSync("README.md", "utf8");
for (const [name, lines] of Object.entries(tables)) {
  const [from, to] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
  const [start, end] = [readme.indexOf(from) + from.length, readme.indexOf(to)];
  if (start < from.length || end < start) throw new Error(`README.md has no place for ${name}`);
  readme = `${readme.slice(0, start)}${lines.join("\n")}\n${readme.slice(end)}`;
}
writeFileSync("README.md", readme);
