// Writes the Palmer penguins, which npm carries as JSON, as the CSV file that a learner would meet elsewhere.
//
// node web/build/penguins.mjs penguins.json penguins.csv
import { readFileSync, writeFileSync } from "node:fs";

const [, , from, to] = process.argv;

const columns = {
  species: "Species",
  island: "Island",
  bill_length_mm: "Beak Length (mm)",
  bill_depth_mm: "Beak Depth (mm)",
  flipper_length_mm: "Flipper Length (mm)",
  body_mass_g: "Body Mass (g)",
  sex: "Sex",
};

// One bird's sex is written "." in the JSON; it is as unknown as the nulls.
const cell = (value) => (value === null || value === "." ? "NA" : String(value));

const rows = JSON.parse(readFileSync(from, "utf8")).map((penguin) => {
  const values = Object.values(columns).map((key) => cell(penguin[key]));
  const sex = values.pop();
  return [...values, sex === "NA" ? sex : sex.toLowerCase()];
});

writeFileSync(to, [Object.keys(columns), ...rows].map((row) => row.join(",") + "\n").join(""));
