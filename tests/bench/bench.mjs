// The benchmark itself, wherever it runs: checks that all contestants compute the same, lets them take turns, and prints
// what each one needs.
import { openTrial } from "./contestants.mjs";
import { convnet, tensorflow } from "./libraries.mjs";
import { plain } from "./plain.mjs";

const roundMs = 100; // At least, for one round of one contestant.
const rounds = { lines: 9, others: 5 };
const checkedSteps = 20;
// Of a trial that needs longer than this for one step, one step is checked, and one is measured.
const slowSeconds = 1;
// Of a loss, between float32 sums in another order, float32 and ConvNetJS's float64, and two places for Adam's epsilon.
const tolerance = 1e-4;
// What the issue asks for: the speed of Sandflow compared with Eigen by hand, and with the fastest JavaScript.
const wanted = { eigen: { W3: 1.3, W5: 1.5, others: 0.9 }, javascript: 3 };

// --- Measuring ----------------------------------------------------------------------------------------------------------

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function secondsOf(trial, times) {
  const start = performance.now();
  await trial.run(times);
  return (performance.now() - start) / 1000;
}

// Warms up, and says how many times fill a round; or, of a slow trial, what its one time took.
async function prepare(trial) {
  for (let times = 1; ; ) {
    const seconds = await secondsOf(trial, times);
    if (seconds > slowSeconds * times) return { trial, all: [1e6 * seconds], isSlow: true };
    if (seconds * 1000 >= roundMs) return { trial, all: [], times };
    // A first time is seldom typical: more of them are tried before one is believed.
    times = Math.max(times + 1, Math.min(10 * times, Math.ceil((1.2 * times * roundMs) / (1000 * seconds + 0.01))));
  }
}

// Lets trials take turns, so that what disturbs the machine for a while disturbs all; microseconds a time, the median of
// the rounds and how far they are apart.
async function takeTurns(trials, rounds) {
  const measured = [];
  for (const trial of trials) measured.push(await prepare(trial));
  for (let round = 0; round < rounds; round++)
    for (const { trial, all, times, isSlow } of measured)
      if (!isSlow) all.push((1e6 * (await secondsOf(trial, times))) / times);
  return measured.map(({ all }) => {
    const typical = median(all);
    return { us: typical, all, spread: (Math.max(...all) - Math.min(...all)) / typical };
  });
}

// How many times as fast one is as another: the median of the ratios within a turn, as neighbours suffer alike.
const timesAsFast = (one, other) => median(one.all.map((us, turn) => (other.all[turn] ?? other.us) / us));

// --- Data, as all contestants get them ----------------------------------------------------------------------------------

// A line's data as JavaScript's arrays.
async function readData(half, number) {
  const told = JSON.parse(await half.ask(`data ${number}`));
  return {
    features: half.numbers(Float32Array, told.features),
    labels: half.numbers(Float32Array, told.labels),
    order: half.numbers(Int32Array, told.order),
    parameters: told.parameters.map(({ shape, values }) => ({ shape, values: half.numbers(Float32Array, values) })),
  };
}

// The rows of one batch after another, gathered as in lines.h.
class Batches {
  at = 0;
  constructor({ features, labels, order }, batch) {
    const gatherer = (table) => {
      const width = table.length / order.length;
      const batchOf = new Float32Array(batch * width);
      return { table, width, batchOf };
    };
    Object.assign(this, { order, batch, parts: [gatherer(features), gatherer(labels)] });
  }
  next() {
    const { order, batch, parts } = this;
    for (const { table, width, batchOf } of parts)
      for (let i = 0; i < batch; i++) {
        const from = order[this.at + i] * width;
        for (let k = 0; k < width; k++) batchOf[i * width + k] = table[from + k];
      }
    this.at = (this.at + batch) % order.length;
    return { features: parts[0].batchOf, labels: parts[1].batchOf };
  }
}

// --- Contestants --------------------------------------------------------------------------------------------------------

// "fixed" is Eigen for batches of one size only. Each opens a trial of a line, or throws a sentence that says why it cannot run one.
function contestantsOf(half, libraries) {
  const fromHalf = (name) => ({ name, open: (number) => openTrial(half, name, "line", number) });
  const own = (name, make) => ({
    name,
    isJavaScript: true,
    async open(number, line) {
      const data = await readData(half, number);
      return make(line, data, new Batches(data, line.batch));
    },
  });
  const inCpp = [fromHalf("sandflow"), fromHalf("eigen"), fromHalf("fixed")];
  if (!libraries) return inCpp;
  const { convnetjs, tf } = libraries;
  return [
    ...inCpp,
    own("plain", plain),
    own("ConvNetJS", convnet(convnetjs)),
    own("tfjs cpu", tensorflow(tf, "cpu")),
    own("tfjs wasm", tensorflow(tf, "wasm")),
  ];
}

// --- The parts ----------------------------------------------------------------------------------------------------------

const number = (value, digits = 3) =>
  value >= 10 ** digits ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(digits)));
const row = (title, cells, width = 12) => title.padEnd(42) + cells.map((cell) => String(cell).padStart(width)).join("");
const compared = (ratio, least) => `${number(ratio, 2)}${ratio < least ? ` < ${least}` : ""}`;

// As many as there are of both.
const lossesAgree = (one, other) =>
  one.slice(0, other.length).every((loss, i) => Math.abs(loss - other[i]) <= tolerance * Math.max(1, Math.abs(loss)));

// The trials of those contestants that can run a line and compute on it what Sandflow computes; notes on the others.
async function openAgreeing(contestants, lineNumber, line, notes) {
  const opened = [];
  let expected;
  for (const contestant of contestants) {
    const note = (text) => notes.push(`${contestant.name}, ${line.id} ${line.title}: ${text}`);
    try {
      const trial = await contestant.open(lineNumber, line);
      const losses = [];
      for (let isSlow = false; losses.length < checkedSteps && !isSlow; losses.push(await trial.value()))
        isSlow = (await secondsOf(trial, 1)) > slowSeconds;
      expected ??= losses;
      if (lossesAgree(expected, losses)) opened.push({ contestant, trial });
      else note(`DISAGREES: ${losses.at(-1)} after ${losses.length} steps, Sandflow ${expected[losses.length - 1]}`);
    } catch (error) {
      if (!contestant.isJavaScript) throw error;
      note(`cannot: ${error.message}`);
    }
  }
  return opened;
}

async function measureLines(half, contestants, lines, print) {
  const notes = [];
  const samples = [];
  print(`microseconds a step; the losses of the first ${checkedSteps} steps agree within ${tolerance}`);
  const names = contestants.map(({ name }) => name);
  print(row("", [...names, "of eigen", "of fixed", "of best JS", "spread"]));
  for (const [lineNumber, line] of lines) {
    const opened = await openAgreeing(contestants, lineNumber, line, notes);
    const results = await takeTurns(opened.map(({ trial }) => trial), rounds.lines);
    for (const { trial } of opened) await trial.close();
    const of = (name) => results[opened.findIndex(({ contestant }) => contestant.name === name)];
    const [fastest] = results.filter((_, i) => opened[i].contestant.isJavaScript).sort((a, b) => a.us - b.us);
    const title = `${line.id} ${line.title}`;
    const against = (other, least) => (other && of("sandflow") ? compared(timesAsFast(of("sandflow"), other), least) : "-");
    print(
      row(title, [
        ...names.map((name) => (of(name) ? number(of(name).us) : "-")),
        against(of("eigen"), wanted.eigen[line.id] ?? wanted.eigen.others),
        against(of("fixed"), 0),
        against(fastest, wanted.javascript),
        `${Math.round(100 * Math.max(...results.map(({ spread }) => spread)))} %`,
      ]),
    );
    samples.push(row(title, names.map((name) => (of(name) ? number((1e6 * line.batch) / of(name).us) : "-"))));
  }
  print(`\nsamples a second`);
  print(row("", names));
  for (const text of samples) print(text);
  if (notes.length) print(`\n${notes.join("\n")}`);
  return notes.every((text) => !text.includes("DISAGREES"));
}

async function measureProducts(half, products, print) {
  print(`\nGFLOP/s of products, rows x depth x columns, and of the convolutions of W5 with 32 images`);
  print(row("", ["peak", "sandflow", "of peak", "eigen", "of peak"]));
  let agree = true;
  for (const [i, name] of products.entries()) {
    const trials = [
      await openTrial(half, "", "peak"),
      await openTrial(half, "sandflow", "product", i),
      await openTrial(half, "eigen", "product", i),
    ];
    const [, sandflow, eigen] = trials;
    for (const trial of trials) await trial.run(1);
    const [value, other] = [await sandflow.value(), await eigen.value()];
    const same = Math.abs(value - other) <= tolerance * Math.abs(value);
    const works = [await trials[0].work(), await sandflow.work(), await sandflow.work()];
    const [peak, ...results] = await takeTurns(trials, rounds.others);
    const speed = ({ us }, k) => (works[k] / us / 1000).toFixed(1);
    const share = (result, k) => `${Math.round((100 * works[k] * timesAsFast(result, peak)) / works[0])} %`;
    const cells = results.flatMap((result, k) => [speed(result, k + 1), share(result, k + 1)]);
    print(row(name, [speed(peak, 0), ...cells, ...(same ? [] : ["DISAGREE"])]));
    agree &&= same;
    for (const trial of trials) await trial.close();
  }
  return agree;
}

async function measureCurves(half, print) {
  print(`\ncost against batch size: 784-128-10, Momentum`);
  print(row("batch", ["sandflow us", "an example", "eigen us", "an example"], 13));
  for (let batch = 1; batch <= 512; batch *= 2) {
    const trials = [await openTrial(half, "sandflow", "batch", batch), await openTrial(half, "eigen", "batch", batch)];
    const results = await takeTurns(trials, rounds.others);
    print(row(String(batch), results.flatMap(({ us }) => [number(us), number(us / batch)]), 13));
    for (const trial of trials) await trial.close();
  }

  print(`\ncost against graph size: 8-8-...-8-1 tanh, squares, SGD, batch 10`);
  print(row("layers", ["nodes", "sandflow us", "a node"], 13));
  for (let layers = 1; layers <= 64; layers *= 2) {
    const trial = await openTrial(half, "sandflow", "depth", layers);
    const nodes = await trial.work();
    const [{ us }] = await takeTurns([trial], rounds.others);
    print(row(String(layers), [nodes, number(us), number(us / nodes)], 13));
    await trial.close();
  }

  print(`\nfrom nothing to a program, for such a graph of at least 1,000 nodes with its gradients and updates`);
  print(row("", ["nodes", "milliseconds", "at best"], 13));
  let layers = 1;
  let nodes;
  for (; ; layers++) {
    const trial = await openTrial(half, "sandflow", "depth", layers);
    nodes = await trial.work();
    await trial.close();
    if (nodes >= 1000) break;
  }
  const all = [];
  for (let i = 0; i < 2 * rounds.lines; i++) {
    const start = performance.now();
    const trial = await openTrial(half, "sandflow", "depth", layers);
    all.push(performance.now() - start);
    await trial.close();
  }
  print(row(`${layers} layers`, [nodes, number(median(all)), number(Math.min(...all))], 13));
}

// `half`: the C++ half, of contestants.mjs. `libraries`: what came from npm; without, only the C++ contestants run.
// `parts`: of "W1" to "W6", "products" and "curves"; none are all. Whether all contestants agreed.
export async function bench(half, libraries, parts, print) {
  const list = JSON.parse(await half.ask("list"));
  const wants = (part) => parts.length === 0 || parts.includes(part);
  const lines = [...list.lines.entries()].filter(([, { id }]) => wants(id));
  let agree = true;
  if (lines.length) agree = (await measureLines(half, contestantsOf(half, libraries), lines, print)) && agree;
  if (wants("products")) agree = (await measureProducts(half, list.products, print)) && agree;
  if (wants("curves")) await measureCurves(half, print);
  half.stop();
  return agree;
}
