// Writes Fisher's irises, which npm carries as JSON, as the CSV file that a learner would meet elsewhere.
//
// node web/build/iris.mjs iris.json iris.csv
import { readFileSync, writeFileSync } from "node:fs";

const [, , from, to] = process.argv;
const columns = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm", "species"];
const rows = JSON.parse(readFileSync(from, "utf8"));
writeFileSync(to, [columns, ...rows].map((row) => row.join(",") + "\n").join(""));
