// TensorFlow 1's graphs, sessions and optimizers, and Sandflow's scenes, in Node, pages and workers. Types and
// descriptions are in sandflow.d.ts; README.md has a whole program.

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  string: Array,
};

const small = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array];

// What numpy would make of it; bytes and other small integers, which have no dtype here, are int32.
function dtypeOf(data) {
  if (small.some((type) => data instanceof type)) return "int32";
  return Object.keys(arrays).find((dtype) => data instanceof arrays[dtype] && dtype !== "string");
}

// The elements as an array of the dtype's own type.
function typed(data, dtype) {
  if (data instanceof arrays[dtype]) return data;
  return dtype === "int64" ? BigInt64Array.from(data, BigInt) : arrays[dtype].from(data);
}

function failure(name, message, node) {
  const error = new Error(message);
  error.name = name;
  if (node) error.node = node;
  return error;
}

// --- The engine: WebAssembly that takes a request and gives an answer -------------------------------------------------

async function compile(imports) {
  const url = new URL("sandflow.wasm", import.meta.url);
  if (url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return WebAssembly.instantiate(await readFile(url), imports);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  // A server that does not know WebAssembly's media type still has the file.
  return response.headers.get("Content-Type")?.startsWith("application/wasm")
    ? WebAssembly.instantiateStreaming(response, imports)
    : WebAssembly.instantiate(await response.arrayBuffer(), imports);
}

async function start() {
  let exports;
  let said = "";
  const decoder = new TextDecoder();
  // All that the engine wants of the world: a place for the last words of a programming error.
  const system = {
    fd_write(_file, vectors, count, written) {
      const view = new DataView(exports.memory.buffer);
      let total = 0;
      for (let i = 0; i < count; i++) {
        const [at, size] = [view.getUint32(vectors + 8 * i, true), view.getUint32(vectors + 8 * i + 4, true)];
        said += decoder.decode(new Uint8Array(exports.memory.buffer, at, size));
        total += size;
      }
      view.setUint32(written, total, true);
      return 0;
    },
    proc_exit() {
      throw failure("InternalError", said);
    },
  };
  // What else there is differs from Emscripten to Emscripten, and does nothing where there are no files.
  const answering = (known) => new Proxy(known, { get: (_, name) => known[name] ?? (() => 0) });
  const imports = { wasi_snapshot_preview1: answering(system), env: answering({}) };
  ({ exports } = (await compile(imports)).instance);
  exports._initialize();

  const encoder = new TextEncoder();
  return (request, parts = []) => {
    const text = encoder.encode(JSON.stringify(request));
    const size = parts.reduce((sum, part) => sum + aligned(part.byteLength), text.length);
    if (size > 2 ** 28) throw failure("ResourceExhaustedError", `a request has at most ${2 ** 28} bytes`);
    // Memory may have grown by the call: views are made after it.
    let at = exports.room(size);
    new Uint8Array(exports.memory.buffer, at, text.length).set(text);
    at += text.length;
    for (const part of parts) {
      new Uint8Array(exports.memory.buffer, at).set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      at += aligned(part.byteLength);
    }
    said = "";
    try {
      exports.call(text.length);
    } catch (error) {
      throw failure("InternalError", said || error.message);
    }
    const json = new Uint8Array(exports.memory.buffer, exports.json(), exports.json_bytes());
    const { result, error } = JSON.parse(decoder.decode(json));
    if (error) throw failure(error.name, error.message, error.node);
    const payload = exports.payload_bytes();
    return { result, payload: exports.memory.buffer.slice(exports.payload(), exports.payload() + payload) };
  };
}

const aligned = (bytes) => Math.ceil(bytes / 8) * 8;

// --- Values on their way in and out -----------------------------------------------------------------------------------

// What Python would have for a JavaScript value, as Python's text. Whole numbers are ints: JavaScript has no 1.0.
function literal(value) {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "nan";
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    return Object.is(value, -0) ? "-0.0" : String(value);
  }
  if (typeof value === "string") return `'${value.replace(/[\\']/g, "\\$&")}'`;
  if (Array.isArray(value)) return `[${Array.from(value, literal).join(", ")}]`;
  throw failure("TypeError", `${String(value)} is no value for a tensor.`);
}

// The elements of a payload as a JavaScript array of their own.
function elements(dtype, count, payload, offset) {
  if (dtype !== "string") return new arrays[dtype](payload, offset, count).slice();
  const view = new DataView(payload);
  const decoder = new TextDecoder();
  return Array.from({ length: count }, () => {
    const size = view.getUint32(offset, true);
    const text = decoder.decode(new Uint8Array(payload, offset + 4, size));
    offset += 4 + size;
    return text;
  });
}

function bytesOfTexts(texts) {
  const encoder = new TextEncoder();
  const parts = texts.map((text) => encoder.encode(text));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  let at = 0;
  for (const part of parts) {
    new DataView(bytes.buffer).setUint32(at, part.length, true);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}

const shapeText = (shape) =>
  shape ? `(${shape.map((size) => size ?? "?").join(", ")}${shape.length === 1 ? "," : ""})` : "<unknown>";

const product = (shape) => shape.reduce((size, dim) => size * dim, 1);

function nested(data, shape, at = 0) {
  if (shape.length === 0) return data[at];
  const [size, ...rest] = shape;
  return Array.from({ length: size }, (_, i) => nested(data, rest, at + i * product(rest)));
}

// JSON has no number for these.
const number = (value) => (typeof value === "string" ? Number(value) : value);

/** Loads the engine: one for each call, sharing nothing with others. */
export async function load() {
  const call = await start();

  // What stands for a graph, a session or a scene in the engine; given back when it is freed, or forgotten.
  const handles = new WeakMap();
  const abandoned = new FinalizationRegistry((handle) => call({ call: "free", handle }));
  function hold(object, handle) {
    handles.set(object, handle);
    abandoned.register(object, handle, object);
  }
  function free(object) {
    abandoned.unregister(object);
    call({ call: "free", handle: handles.get(object) });
  }

  // A graph's operations, made when they are first asked for.
  const operations = new WeakMap();
  function operationAt(graph, id) {
    if (!operations.has(graph)) operations.set(graph, []);
    return (operations.get(graph)[id] ??= new Operation(graph, id));
  }
  const tensorAt = (graph, [node, index]) => operationAt(graph, node).outputs[index];

  // Collects the elements of arrays beside the text of a request.
  class Values {
    parts = [];
    #bytes = 0;

    describe(value) {
      if (value instanceof Tensor) return { tensor: [handles.get(value.graph), value.op.id, value.index] };
      if (value instanceof Variable) return { variable: [handles.get(value.graph), value.ref.op.id] };
      if (value instanceof Operation) return { operation: [handles.get(value.graph), value.id] };
      if (ArrayBuffer.isView(value)) return this.#array(value, [value.length], undefined);
      if (value?.data !== undefined && value.shape !== undefined)
        return this.#array(value.data, value.shape, value.dtype);
      return { literal: literal(value) };
    }

    // As a fetch, and as the key of a feed, where a text is a name.
    element(value) {
      return typeof value === "string" ? { name: value } : this.describe(value);
    }

    all(values) {
      return Object.fromEntries(
        Object.entries(values)
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => [name, this.describe(value)]),
      );
    }

    #array(data, shape, given) {
      const dtype = given ?? dtypeOf(data);
      if (!arrays[dtype]) throw failure("TypeError", `data type '${dtype ?? data.constructor?.name}' not understood`);
      if (data.length !== product(shape))
        throw failure("ValueError", `cannot reshape array of size ${data.length} into shape (${shape.join(",")})`);
      const bytes = dtype === "string" ? bytesOfTexts(data) : typed(data, dtype);
      const offset = this.#bytes;
      this.parts.push(bytes);
      this.#bytes += aligned(bytes.byteLength);
      return { array: { dtype, shape, offset } };
    }
  }

  class NDArray {
    constructor(data, shape = [data.length], dtype = dtypeOf(data)) {
      this.dtype = dtype;
      this.shape = shape;
      this.data = data;
    }

    /** As Python's print shows it. */
    toString() {
      return this.#printed(false);
    }
    /** As Python's prompt shows it. */
    repr() {
      return this.#printed(true);
    }
    /** Nested lists, as numpy's tolist. */
    toArray() {
      return nested(this.dtype === "bool" ? Array.from(this.data, Boolean) : this.data, this.shape);
    }
    valueOf() {
      return this.shape.length === 0 ? this.toArray() : this;
    }

    #printed(repr) {
      const values = new Values();
      return call({ call: "print", value: values.describe(this), repr }, values.parts).result;
    }
  }

  const fetched = (array, payload) =>
    array && new NDArray(elements(array.dtype, product(array.shape), payload, array.offset), array.shape, array.dtype);

  // The session that eval and run use: TensorFlow's default session.
  let current = null;
  function evaluated(element, as, feeds) {
    if (current?.graph === element.graph) return current.run(element, feeds);
    return misuse(element, current ? `${as} elsewhere` : as);
  }

  // Throws what Python says of it.
  const misuse = (element, as) => call({ call: "misuse", value: new Values().describe(element), as });

  class Operation {
    #about;
    #outputs;

    constructor(graph, id) {
      this.graph = graph;
      this.id = id;
    }
    get name() {
      return this.#described.name;
    }
    get type() {
      return this.#described.type;
    }
    get inputs() {
      return this.#described.inputs.map((at) => tensorAt(this.graph, at));
    }
    get controlInputs() {
      return this.#described.control_inputs.map((id) => operationAt(this.graph, id));
    }
    get outputs() {
      this.#outputs ??= this.#described.outputs.map((about, index) => new Tensor(this, index, about));
      return this.#outputs;
    }
    run(feeds = []) {
      return evaluated(this, "run", feeds);
    }
    toString() {
      return `<tf.Operation '${this.name}' type=${this.type}>`;
    }

    // An operation never changes once it is in a graph.
    get #described() {
      this.#about ??= call({ call: "node", graph: handles.get(this.graph), node: this.id }).result;
      return this.#about;
    }
  }

  class Tensor {
    #about;

    constructor(op, index, about) {
      this.op = op;
      this.index = index;
      this.#about = about;
    }
    get graph() {
      return this.op.graph;
    }
    get name() {
      return `${this.op.name}:${this.index}`;
    }
    get dtype() {
      return this.#about.dtype;
    }
    get shape() {
      return this.#about.shape;
    }
    eval(feeds = []) {
      return evaluated(this, "eval", feeds);
    }

    // A tensor of a graph has no value yet: it prints, and that is all.
    [Symbol.toPrimitive](hint) {
      return hint === "string" ? this.toString() : misuse(this, "bool");
    }
    [Symbol.iterator]() {
      return misuse(this, "iterator");
    }
    get length() {
      return misuse(this, "len");
    }

    toString() {
      const { shape, dtype, is_ref } = this.#about;
      const known = shape ? `, shape=${shapeText(shape)}` : "";
      return `Tensor("${this.name}"${known}, dtype=${dtype}${is_ref ? "_ref" : ""})`;
    }
  }

  class Variable {
    constructor(ref, value, initializer) {
      this.ref = ref;
      this.value = value;
      this.initializer = initializer;
    }
    get graph() {
      return this.ref.graph;
    }
    get name() {
      return this.ref.name;
    }
    get dtype() {
      return this.ref.dtype;
    }
    get shape() {
      return this.ref.shape;
    }
    toString() {
      return `<tf.Variable '${this.name}' shape=${shapeText(this.shape)} dtype=${this.dtype}_ref>`;
    }
  }

  class Graph {
    #scope = "";
    #control = [];

    constructor({ seed } = {}) {
      hold(this, call({ call: "graph", seed }).result);
    }

    // Adds to the graph where it stands: in its name scope, behind its control dependencies.
    #add(request, values = new Values()) {
      const control = this.#control.map((element) => values.describe(element));
      return call({ ...request, graph: handles.get(this), scope: this.#scope, control }, values.parts).result;
    }

    op(type, inputs = [], attrs = {}, name = undefined) {
      const values = new Values();
      const described = inputs.map((input) => values.describe(input));
      const node = this.#add({ call: "op", type, inputs: described, attrs: values.all(attrs), name }, values);
      const operation = operationAt(this, node);
      const { outputs } = operation;
      return outputs.length === 0 ? operation : outputs.length === 1 ? outputs[0] : outputs;
    }

    call(name, inputs = [], attrs = {}, scope = undefined) {
      const values = new Values();
      const byPosition = Array.isArray(inputs);
      const request = {
        call: "function",
        function: name,
        inputs: byPosition ? inputs.map((input) => values.describe(input)) : [],
        named: values.all(byPosition ? attrs : { ...inputs, ...attrs }),
        name: scope,
      };
      const made = this.#add(request, values);
      if (typeof made[0] === "number") return operationAt(this, made[0]);
      const outputs = made.map((at) => tensorAt(this, at));
      return outputs.length === 1 ? outputs[0] : outputs;
    }

    constant(value, dtype, name) {
      return this.op("Const", [], { dtype, value }, name);
    }

    placeholder(dtype, shape = null, name = undefined) {
      return this.op("Placeholder", [], { dtype, shape }, name);
    }

    variable({ initial_value, shape, dtype, initializer, seed, trainable, name, ...parameters }) {
      const values = new Values();
      const request = {
        call: "variable",
        initial_value: initial_value === undefined ? undefined : values.describe(initial_value),
        shape: shape === undefined ? undefined : values.describe(shape),
        parameters: values.all(parameters),
        dtype,
        initializer,
        seed,
        trainable,
        name,
      };
      const [ref, value, assign] = this.#add(request, values);
      return new Variable(tensorAt(this, [ref, 0]), tensorAt(this, [value, 0]), operationAt(this, assign));
    }

    gradients(ys, xs, name = undefined) {
      const values = new Values();
      const described = (list) => [list].flat().map((element) => values.describe(element));
      return this.#add({ call: "gradients", ys: described(ys), xs: described(xs), name }, values).map(
        (at) => at && tensorAt(this, at),
      );
    }

    minimize(loss, optimizer, { var_list, global_step, ...parameters } = {}) {
      const values = new Values();
      const isTensor = ([, value]) => value instanceof Tensor || value instanceof Variable;
      const [tensors, numbers] = [true, false].map((wanted) =>
        Object.fromEntries(Object.entries(parameters).filter((entry) => isTensor(entry) === wanted)),
      );
      const request = {
        call: "minimize",
        loss: values.describe(loss),
        optimizer,
        parameters: values.all(numbers),
        tensors: values.all(tensors),
        global_step: global_step && values.describe(global_step),
        var_list: var_list?.map((variable) => values.describe(variable)),
      };
      return operationAt(this, this.#add(request, values));
    }

    globalVariablesInitializer(name = undefined) {
      return operationAt(this, this.#add({ call: "initializer", name }));
    }

    nameScope(name, build) {
      const outer = this.#scope;
      this.#scope = call({ call: "scope", graph: handles.get(this), scope: outer, name }).result;
      try {
        return build(this.#scope);
      } finally {
        this.#scope = outer;
      }
    }

    controlDependencies(elements, build) {
      const outer = this.#control;
      this.#control = [...outer, ...elements];
      try {
        return build();
      } finally {
        this.#control = outer;
      }
    }

    tensor(name) {
      return tensorAt(this, this.#find(name, true));
    }

    operation(name) {
      return operationAt(this, this.#find(name, false)[0]);
    }

    #find(name, tensor) {
      return call({ call: "find", graph: handles.get(this), name, tensor }).result;
    }

    get operations() {
      const count = call({ call: "nodes", graph: handles.get(this) }).result;
      return Array.from({ length: count }, (_, id) => operationAt(this, id));
    }

    finalize() {
      call({ call: "finalize", graph: handles.get(this) });
    }

    free() {
      free(this);
    }
  }

  const isPlain = (value) => value instanceof Object && Object.getPrototypeOf(value) === Object.prototype;

  class Session {
    constructor(graph, { entropy = Math.floor(Math.random() * 2 ** 53) } = {}) {
      this.graph = graph;
      hold(this, call({ call: "session", graph: handles.get(graph), entropy }).result);
    }

    run(fetches, feeds = []) {
      const values = new Values();
      const leaves = [];
      // The structure of the fetches with places in the list of results where they had leaves.
      const structured = (wanted) => {
        if (Array.isArray(wanted)) return wanted.map(structured);
        if (isPlain(wanted))
          return Object.fromEntries(Object.entries(wanted).map(([name, inner]) => [name, structured(inner)]));
        return leaves.push(values.element(wanted)) - 1;
      };
      const filled = (place, results) => {
        if (typeof place === "number") return results[place];
        if (Array.isArray(place)) return place.map((inner) => filled(inner, results));
        return Object.fromEntries(Object.entries(place).map(([name, inner]) => [name, filled(inner, results)]));
      };
      const structure = structured(fetches);
      const pairs = isPlain(feeds) ? Object.entries(feeds) : [...feeds];
      const request = {
        call: "run",
        session: handles.get(this),
        fetches: leaves,
        feeds: pairs.map(([key, value]) => [values.element(key), values.describe(value)]),
      };
      const { result, payload } = call(request, values.parts);
      return filled(structure, result.map((array) => fetched(array, payload)));
    }

    asDefault(use) {
      const outer = current;
      current = this;
      try {
        return use(this);
      } finally {
        current = outer;
      }
    }

    close() {
      free(this);
    }
  }

  class Scene {
    constructor(json) {
      hold(this, call({ call: "scene", json }).result);
    }

    train(steps) {
      return call({ call: "train", scene: handles.get(this), steps }).result;
    }

    reset() {
      call({ call: "reset", scene: handles.get(this) });
    }

    snapshot() {
      const { result, payload } = call({ call: "snapshot", scene: handles.get(this) });
      const error = (about) => about && failure(about.name, about.message, about.node);
      const measured = (point) => point && Object.fromEntries(Object.entries(point).map(([key, it]) => [key, number(it)]));
      return {
        ...result,
        losses: result.losses.map(measured),
        evaluations: result.evaluations.map(measured),
        now: measured(result.now),
        training_error: error(result.training_error),
        nodes: result.nodes.map((node) => ({
          ...node,
          error: error(node.error),
          value: fetched(node.value, payload),
          gradient: fetched(node.gradient, payload),
        })),
      };
    }

    json() {
      return call({ call: "json", scene: handles.get(this) }).result;
    }

    predict(features) {
      const values = new Values();
      const request = { call: "predict", scene: handles.get(this), features: values.describe(features) };
      const { result, payload } = call(request, values.parts);
      return fetched(result, payload);
    }

    free() {
      free(this);
    }
  }

  const lists = call({ call: "lists" }).result;
  return {
    ...lists,
    Graph,
    Session,
    Operation,
    Tensor,
    Variable,
    NDArray,
    openScene: (json) => new Scene(json),
  };
}
