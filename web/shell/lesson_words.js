// The two small languages that lessons are written in besides Markdown: conditions on the page's state, such as
// "loss < 0.05 within 40 steps", and actions, such as "set optimizer.learning_rate 0.5; reset; train 40". No page is
// needed here: the build and the tests read them, too.

// What a condition may ask about. `now` is {state, lens, kept, before}.
const numbersIn = (text) => (text?.match(/-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf\b|nan\b)/gi) ?? []).map((found) => Number(found.replace(/inf/i, "Infinity")));
const single = (numbers) => (numbers.length ? numbers[0] : NaN);
const nodeOf = ({ state }, name) => state.nodes?.find((node) => node.name === name);
const all = (fold) => (now, name) => {
  const numbers = numbersIn(nodeOf(now, name)?.value);
  return numbers.length ? fold(numbers) : NaN;
};
const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

const questions = {
  step: ({ state }) => state.step,
  epoch: ({ state }) => state.epoch,
  examples: ({ state }) => state.examples,
  steps_per_epoch: ({ state }) => state.batches_per_epoch,
  train_examples: ({ state }) => state.train_examples,
  loss: ({ state }) => state.train_loss ?? NaN,
  batch_loss: ({ state }) => state.batch_loss ?? NaN,
  test_loss: ({ state }) => state.test_loss ?? NaN,
  accuracy: ({ state }) => state.train_accuracy ?? NaN,
  test_accuracy: ({ state }) => state.test_accuracy ?? NaN,
  batch_size: ({ state }) => state.batch_size,
  seed: ({ state }) => state.seed,
  diverged: ({ state }) => Boolean(state.diverged),
  optimizer: ({ state }) => state.optimizer?.name,
  initializer: ({ state }) => state.initializer?.name,
  learning_rate: ({ state }) => state.optimizer?.parameters?.learning_rate ?? NaN,
  momentum: ({ state }) => state.optimizer?.parameters?.momentum ?? 0,
  stddev: ({ state }) => state.initializer?.parameters?.stddev ?? NaN,
  // The last run of the Session lens.
  runs: ({ lens }) => lens?.runs ?? 0,
  printed: ({ lens }) => lens?.run?.printed ?? "",
  result: ({ lens }) => single(numbersIn(lens?.run?.printed)),
  nth: ({ lens }, number) => numbersIn(lens?.run?.printed)[number - 1] ?? NaN,
  run_error: ({ lens }) => (lens?.run?.error ?? "").split(":")[0],
  fetches: ({ lens }) => lens?.fetches?.join(" ") ?? "",
  ran: ({ lens }, name) => Boolean(lens?.run?.stops.some((stop) => stop.node === name)),
  stops: ({ lens }) => lens?.run?.stops.length ?? 0,
  variable: ({ lens }, name) => lens?.variables?.find((each) => each.name === name)?.state ?? "",
  // The scene's nodes.
  value: (now, name) => single(numbersIn(nodeOf(now, name)?.value)),
  shown: (now, name) => nodeOf(now, name)?.value ?? "",
  error: (now, name) => (nodeOf(now, name)?.error ?? "").split(":")[0],
  dtype: (now, name) => nodeOf(now, name)?.dtype ?? "",
  shape: (now, name) => nodeOf(now, name)?.shape ?? "",
  mean: all(mean),
  largest: all((numbers) => Math.max(...numbers)),
  smallest: all((numbers) => Math.min(...numbers)),
  spread: all((numbers) => Math.sqrt(mean(numbers.map((number) => (number - mean(numbers)) ** 2)))),
  abs: (now, number) => Math.abs(number),
};

const operators = [["or"], ["and"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/"]];
const apply = {
  or: (a, b) => a || b, and: (a, b) => a && b,
  "==": (a, b) => a === b, "!=": (a, b) => a !== b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b, "<": (a, b) => a < b, ">": (a, b) => a > b,
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b,
};

// A condition or a value as a function of `now`; throws on what is no such thing. Names of nodes are arguments:
// value(W); a value before the run of a prediction is before.loss; what an action kept has the name it was given.
export function parse(text, kept = []) {
  const tokens = text.match(/'[^']*'|\d+\.?\d*(?:e[+-]?\d+)?|[A-Za-z_][\w/]*|[<>=!]=|\S/gi) ?? [];
  const fail = () => { throw new Error(`cannot read "${text}"`); };
  const take = (wanted) => (wanted === undefined || tokens[0] === wanted ? tokens.shift() : fail());
  const call = (name, world) => {
    if (kept.includes(name)) return (now) => world(now).kept?.[name] ?? NaN;
    const question = Object.hasOwn(questions, name) ? questions[name] : fail();
    if (tokens[0] !== "(") return (now) => question(world(now));
    take("(");
    const argument = name === "abs" || name === "nth" ? level(0) : nodeName();
    take(")");
    return (now) => question(world(now), typeof argument === "function" ? argument(now) : argument);
  };
  const nodeName = () => {
    const name = take() ?? fail();
    return /^[A-Za-z_]/.test(name) ? name : fail();
  };
  const operand = () => {
    const token = take() ?? fail();
    if (token === "(") {
      const inner = level(0);
      take(")");
      return inner;
    }
    if (token === "-") {
      const inner = operand();
      return (now) => -inner(now);
    }
    if (token === "not") {
      const inner = operand();
      return (now) => !inner(now);
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (token[0] === "'") return () => token.slice(1, -1);
    if (token === "before") {
      take(".");
      return call(take(), (now) => now.before ?? {state: {}});
    }
    return call(token, (now) => now);
  };
  const level = (rank) => {
    if (rank === operators.length) return operand();
    let left = level(rank + 1);
    while (operators[rank].includes(tokens[0])) {
      const [operator, a, b] = [apply[take()], left, level(rank + 1)];
      left = (now) => operator(a(now), b(now));
    }
    // "… within 40 steps".
    if (rank === 1 && tokens[0] === "within") {
      take();
      const [inner, limit] = [left, Number(take())];
      take("steps");
      left = (now) => now.state.step <= limit && inner(now);
    }
    return left;
  };
  const whole = level(0);
  return tokens.length ? fail() : whole;
}

// What an action takes after its name, `…` for the rest of the line.
export const actions = {
  set: ["KEY", "VALUE"],          // A setting as the page's fields have it: optimizer.learning_rate, batch_size, seed, …
  attr: ["NODE", "ATTR", "…"],    // An attribute of a node.
  port: ["NODE", "INPUT", "…"],   // A literal typed into an input.
  wire: ["NODE", "INPUT", "FROM"],
  train: ["STEPS"],
  reset: [],
  mode: ["MODE"],                 // session or training
  fetch: ["…"],                   // Exactly these nodes; init and train stand for the operations of those names.
  feed: ["NODE", "…"],
  unfeed: ["NODE"],
  load: ["NODE", "…"],
  run: [],
  init: [],                       // Runs the initializer.
  renew: [],                      // A new session.
  keep: ["NAME", "…"],            // Remembers a value for later conditions.
  scene: [],                      // The lesson's scene as it was; the first of its line.
};

export function parseActions(text) {
  return text.split(";").map((part) => part.trim()).filter(Boolean).map((part) => {
    const [name, ...words] = part.split(/\s+/);
    const form = Object.hasOwn(actions, name) ? actions[name] : undefined;
    const rest = form?.at(-1) === "…";
    if (!form || (rest ? words.length < form.length - (name === "fetch" ? 1 : 0) : words.length !== form.length))
      throw new Error(`cannot do "${part}"`);
    return { name, words: rest ? [...words.slice(0, form.length - 1), words.slice(form.length - 1).join(" ")] : words };
  });
}

export const keptBy = (text) => parseActions(text).filter(({ name }) => name === "keep").map(({ words }) => words[0]);
