// What sandflow.mjs offers: TensorFlow 1's graphs, sessions and optimizers, and Sandflow's scenes.
//
// Whatever TensorFlow would raise is thrown as an Error whose `name` is the class ("InvalidArgumentError",
// "ValueError", ...), whose `message` is its text, and whose `node` names the operation at fault, if there is one.

export type DType = "float32" | "float64" | "int32" | "int64" | "bool" | "string";

/** null: of unknown rank; a null inside: of unknown size. */
export type Shape = readonly (number | null)[] | null;

export type Data = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | string[];

/** Python's numbers and lists. Whole numbers are ints (int32, int64 where needed), all others floats. */
export type Literal = number | bigint | boolean | string | null | readonly Literal[];

/** Elements in row-major order. */
export interface ArrayLike {
  readonly data: ArrayLike.Elements;
  readonly shape: readonly number[];
  /** Taken from `data` where it is a typed array; smaller integers than Int32Array's become int32. */
  readonly dtype?: DType;
}
export namespace ArrayLike {
  type Elements =
    | Data
    | Int8Array
    | Uint8ClampedArray
    | Int16Array
    | Uint16Array
    | readonly (number | bigint | boolean | string)[];
}

/** What numpy's asarray would take. A typed array alone is a vector. */
export type Value = Literal | ArrayLike | Exclude<ArrayLike.Elements, readonly unknown[]>;

/** What becomes a tensor of a graph: values become Const operations with the dtype that the other inputs ask for. */
export type Input = Tensor | Variable | Value;

/** Arguments of a function: by position, with null for what is left out, or by name. `group` takes operations, too. */
export type Inputs =
  | readonly (Input | Operation | undefined)[]
  | { readonly [name: string]: Input | undefined };

/** Loads the engine: one for each call, sharing nothing with others. */
export function load(): Promise<Sandflow>;

export interface Sandflow {
  readonly Graph: typeof Graph;
  readonly Session: typeof Session;
  readonly Operation: typeof Operation;
  readonly Tensor: typeof Tensor;
  readonly Variable: typeof Variable;
  readonly NDArray: typeof NDArray;
  /** Opens a scene from its JSON, which the README describes. */
  openScene(json: string): Scene;

  /** What there is, from the engine's own lists. */
  readonly dtypes: readonly DType[];
  readonly operations: readonly OperationType[];
  readonly functions: readonly FunctionType[];
  readonly optimizers: readonly Choice[];
  readonly initializers: readonly Choice[];
  readonly datasets: readonly Choice[];
}

/** tf.Graph. */
declare class Graph {
  /** `seed`: as tf.set_random_seed. */
  constructor(options?: { seed?: number });

  /**
   * Adds any operation of `operations` by its TensorFlow type name. Gives its output; a list of them where there are
   * several; the operation itself where there are none.
   */
  op(type: string, inputs?: readonly Input[], attrs?: Readonly<Record<string, Value | undefined>>, name?: string): any;
  /**
   * Calls any of `functions`, by position, `g.call("dropout", [x], { rate: 0.5 })`, or by name, as some of them demand:
   * `g.call("softmax_cross_entropy_with_logits", { labels, logits })`. Gives what `op` gives. `scope` is Python's name=.
   */
  call(name: string, inputs?: Inputs, attrs?: Readonly<Record<string, Value | undefined>>, scope?: string): any;
  /** tf.constant */
  constant(value: Value, dtype?: DType, name?: string): Tensor;
  /** tf.placeholder */
  placeholder(dtype: DType, shape?: Shape, name?: string): Tensor;
  /** tf.Variable, from a value, or from a shape and one of `initializers` with its parameters. */
  variable(options: VariableOptions): Variable;
  /** tf.gradients: the derivatives of the sum of `ys`, null where there is none. */
  gradients(ys: Input | readonly Input[], xs: Input | readonly Input[], name?: string): (Tensor | null)[];
  /** tf.train's minimize by one of `optimizers` with its parameters; `var_list` is every trainable variable. */
  minimize(loss: Tensor, optimizer: string, options?: MinimizeOptions): Operation;
  /** tf.global_variables_initializer: for the variables that there are by now. */
  globalVariablesInitializer(name?: string): Operation;

  /** tf.name_scope: what `build` adds is inside it. Gives what `build` gives. */
  nameScope<T>(name: string, build: (scope: string) => T): T;
  /** tf.control_dependencies: what `build` adds runs after `elements`. Gives what `build` gives. */
  controlDependencies<T>(elements: readonly (Operation | Tensor)[], build: () => T): T;

  /** graph.get_tensor_by_name("add:0") */
  tensor(name: string): Tensor;
  /** graph.get_operation_by_name("add") */
  operation(name: string): Operation;
  /** graph.get_operations(), in the order in which they were added. */
  readonly operations: Operation[];

  /** From now on nothing can be added: trying throws a RuntimeError. */
  finalize(): void;
  /** Gives its memory back; without it, that happens when JavaScript forgets the graph. Sessions keep theirs. */
  free(): void;
}

export interface VariableOptions {
  initial_value?: Input;
  shape?: readonly number[];
  dtype?: DType;
  initializer?: string;
  seed?: number;
  trainable?: boolean;
  name?: string;
  /** The initializer's own, such as `stddev`. */
  [parameter: string]: unknown;
}

export interface MinimizeOptions {
  var_list?: readonly Variable[];
  /** An integer variable that counts the updates. */
  global_step?: Variable;
  /** The optimizer's own, such as `learning_rate`: numbers, or tensors, so that a schedule is a part of the graph. */
  [parameter: string]: unknown;
}

/** tf.Operation */
declare class Operation {
  readonly graph: Graph;
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly inputs: Tensor[];
  readonly controlInputs: Operation[];
  readonly outputs: Tensor[];
  /** Runs it in the default session: see Session.asDefault. */
  run(feeds?: Feeds): null;
  toString(): string;
}

/**
 * tf.Tensor: one output of an operation. As in Python it has no value outside of a session: calculating or comparing with
 * it, `for` over it and its `length` throw TensorFlow's TypeErrors, where they would be undefined or NaN. (JavaScript does
 * not ask an object whether it is true.)
 */
declare class Tensor {
  readonly graph: Graph;
  readonly op: Operation;
  readonly index: number;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly length: never;
  /** Its value in the default session: see Session.asDefault. */
  eval(feeds?: Feeds): NDArray;
  /** As Python prints it: Tensor("add:0", shape=(), dtype=int32) */
  toString(): string;
}

/** tf.Variable. Operations that write take its `ref`, all others its `value`. */
declare class Variable {
  readonly graph: Graph;
  readonly ref: Tensor;
  readonly value: Tensor;
  readonly initializer: Operation;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  toString(): string;
}

/** What a fetched tensor is. */
declare class NDArray<D extends ArrayLike.Elements = any> implements ArrayLike {
  constructor(data: D, shape?: readonly number[], dtype?: DType);
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: D;
  /** As Python's print shows it: "[0.5 1. ]" */
  toString(): string;
  /** As Python's prompt shows it: "array([0.5, 1. ], dtype=float32)" */
  repr(): string;
  /** Nested lists, as numpy's tolist; a scalar's number. */
  toArray(): any;
  /** A scalar's number, so that one can calculate and compare with it. */
  valueOf(): any;
}

export type { Graph, Operation, Tensor, Variable, NDArray, Session };

/** A tensor, a variable, an operation (fetching it gives null), or their names: "add:0", "add". */
export type Element = Tensor | Variable | Operation | string;
export type Fetches = Element | readonly Fetches[] | { readonly [name: string]: Fetches };
export type Feeds =
  | Iterable<readonly [Tensor | Variable | string, Value]>
  | { readonly [tensorName: string]: Value };

/** The structure of the fetches, with values in their places. */
export type Fetched<F> = F extends Operation
  ? null
  : F extends Tensor | Variable
  ? NDArray
  : F extends string
  ? NDArray | null
  : { [K in keyof F]: Fetched<F[K]> };

/** tf.Session */
declare class Session {
  /** `entropy` seeds random operations that have no seed; by default another one each time. */
  constructor(graph: Graph, options?: { entropy?: number });
  run<const F extends Fetches>(fetches: F, feeds?: Feeds): Fetched<F>;
  /** session.as_default(): while `use` runs, tensor.eval() and operation.run() mean this session. Gives what `use` gives. */
  asDefault<T>(use: (session: Session) => T): T;
  close(): void;
  readonly graph: Graph;
}

/** A scene: a graph with its data and a run, as the sandbox shows it. */
export interface Scene {
  /** Makes up to `steps` updates; gives how many were made: a run that diverges stops. Throws what keeps it from training. */
  train(steps: number): number;
  /** Starts the run again from step 0. */
  reset(): void;
  snapshot(): Snapshot;
  /** The scene, written down. */
  json(): string;
  /** The prediction node's rows for rows of features, as they are fed. */
  predict(features: Value): NDArray;
  free(): void;
}

/** Numbers that were not measured are NaN. */
export interface Evaluation {
  step: number;
  epoch: number;
  train_loss: number;
  train_accuracy: number;
  test_loss: number;
  test_accuracy: number;
}

export interface Snapshot {
  /** Updates made, epochs completed, examples seen. */
  step: number;
  epoch: number;
  examples: number;
  batches_per_epoch: number;
  can_train: boolean;
  train_examples: number;
  test_examples: number;
  /** The loss of each step's batch; every 2nd, 4th, ... of a long run. */
  losses: { step: number; loss: number }[];
  /** On all data: at step 0 and after each epoch; of many examples on the test data also within the first. */
  evaluations: Evaluation[];
  /** With the parameters as they are; the last of the evaluations, of its step, where the examples are many. */
  now: Evaluation | null;
  divergence: { step: number; node: string } | null;
  training_error: Error | null;
  nodes: NodeSnapshot[];
}

export interface NodeSnapshot {
  name: string;
  type: string;
  graph_name: string;
  dtype: DType;
  shape: Shape;
  /** Its place in the order of execution; -1 if it did not run. */
  order: number;
  /** Nothing wrong here, but an input has an error or is missing. */
  is_blocked: boolean;
  error: Error | null;
  value: NDArray | null;
  gradient: NDArray | null;
}

export interface OperationType {
  /** TensorFlow's name: "MatMul". */
  type: string;
  /** Python's: "tf.matmul". */
  python: string;
  family: string;
  /** TeX. */
  formula: string;
  help: string;
  is_stateful: boolean;
  has_gradient: boolean;
  inputs: Argument[];
  outputs: Argument[];
  attrs: Attribute[];
}

/** A function of TensorFlow's Python that adds several operations. */
export interface FunctionType {
  /** "dropout" */
  name: string;
  /** Python's: "tf.nn.dropout". */
  python: string;
  family: string;
  /** TeX. */
  formula: string;
  help: string;
  /** How many of the last inputs may be left out. */
  optional: number;
  /** Its inputs must be named. */
  takes_only_names: boolean;
  /** Types say which inputs have the same dtype. */
  inputs: Argument[];
  outputs: string[];
  attrs: Attribute[];
}

export interface Argument {
  name: string;
  /** A dtype, or the attribute that says it. */
  type: string;
  is_ref: boolean;
  /** Takes all inputs that the others leave. */
  is_variadic: boolean;
  /** The attribute that says how often an output is there. */
  count?: string;
}

export interface Attribute {
  name: string;
  kind: "type" | "bool" | "int" | "float" | "string" | "shape" | "tensor" | "list(int)";
  is_required: boolean;
  initial?: unknown;
  allowed?: DType[];
  choices?: string[];
  minimum?: number;
  maximum?: number;
}

/** An optimizer, an initializer or a data set. */
export interface Choice {
  name: string;
  help: string;
  parameters: Parameter[];
}

export interface Parameter {
  name: string;
  help: string;
  initial: number;
  minimum: number;
  maximum: number;
  is_integer: boolean;
}
