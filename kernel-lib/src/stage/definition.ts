/** The definition of a stage as the engine uses it: created from the arguments of `stage` or `each`, and validated once. */
import { types } from "node:util";
import type { CellId } from "../protocol";
import { StagebookError } from "../protocol";
import type { EachOptions, StageOptions } from "./public/options";
import { readAge } from "./age";
import { readSize } from "./size";
import { checkEachOptions, checkOptions } from "./stage-options";
import { createInputTree, inputOf, type InputRef, type InputTree, type StagePart } from "./input";

export type StageFunction = (...args: unknown[]) => unknown;

export interface StageDefinition {
  readonly name: string;
  readonly cell: CellId | null;
  readonly fn: StageFunction;
  /** The function whose code counts in the key, if that is not `fn`. */
  readonly keyedBy?: StageFunction;
  /** False when the function receives only the context. */
  readonly takesInputs: boolean;
  readonly inputs: InputTree;
  readonly description?: string;
  readonly version?: string;
  readonly seed?: string;
  readonly cache: boolean;
  readonly logged: readonly string[];
  readonly codec?: StageOptions["codec"];
  readonly validate?: StageOptions["validate"];
  readonly whenInvalid: NonNullable<StageOptions["whenInvalid"]>;
  readonly onSave?: StageOptions["onSave"];
  readonly onLoad?: StageOptions["onLoad"];
  /** How many attempts after the first. */
  readonly retries: number;
  readonly timeoutMs?: number;
  /** A result that is older is stale. In milliseconds. */
  readonly maxAgeMs?: number;
  /** `accept`: a result that is not repeatable is not marked. */
  readonly volatile?: StageOptions["volatile"];
  /** Whether it is executed in a worker thread. */
  readonly worker: boolean;
  /** How much memory it may use there, in bytes. */
  readonly memoryBytes?: number;
  /** Absent when the whole value is one output. */
  readonly outputs?: readonly string[];
  readonly extra: "error" | "drop" | "keep";
  /** For `each`: the function is called for each item of the input `source`. */
  readonly each?: EachPlan;
  /** For a part of another stage's output: that stage. Such a definition is not shown to users. */
  readonly partOf?: string;
}

/** How `each` processes its items. */
export interface EachPlan {
  readonly workers: number;
  readonly ordered: boolean;
  readonly cacheItems: boolean;
  /** How long a range of items takes that is shared with other processes. Absent when one process executes all items. */
  readonly rangeMs?: number;
  /** Items are processed in worker threads. */
  readonly inThreads: boolean;
  /** The function receives `inputs` between the item and the context. */
  readonly takesInputs: boolean;
}

/** Reads the arguments of `stage(…)`. Throws StagebookError if they do not define a stage. */
export function createStageDefinition(args: readonly unknown[], cell: CellId | null): StageDefinition {
  const name = checkName(args[0], "stage");
  const takesInputs = typeof args[1] !== "function" || typeof args[2] === "function";
  const fn = takesInputs ? args[2] : args[1];
  if (typeof fn !== "function")
    throw new StagebookError(
      "stage-function",
      `stage "${name}" has no function`,
      `Write stage("${name}", (context) => …) or stage("${name}", { input }, ({ input }) => …).`,
      { stage: name },
    );
  checkFunction(fn, name);
  const options = checkOptions(args[takesInputs ? 3 : 2], name);
  const inputs = takesInputs ? createInputTree(args[1], name) : noInputs;
  checkLogged(options.logged ?? [], takesInputs ? args[1] : undefined, name);
  return {
    ...common({ name, cell, fn: fn as StageFunction }, options),
    takesInputs,
    inputs,
    validate: options.validate,
    whenInvalid: options.whenInvalid ?? "recompute",
    onSave: options.onSave,
    onLoad: options.onLoad,
    timeoutMs: options.timeoutMs,
    worker: options.worker ?? false,
    outputs: options.outputs,
    extra: options.extra ?? "error",
  };
}

/** The fields that `stage` and `each` share. */
function common(
  who: Pick<StageDefinition, "name" | "cell" | "fn">,
  options: EachOptions,
): typeof who &
  Pick<
    StageDefinition,
    | "description"
    | "version"
    | "seed"
    | "cache"
    | "logged"
    | "codec"
    | "retries"
    | "maxAgeMs"
    | "memoryBytes"
    | "volatile"
  > {
  return {
    ...who,
    description: options.description,
    version: options.version,
    seed: options.seed === undefined ? undefined : String(options.seed),
    cache: options.cache ?? true,
    logged: options.logged ?? [],
    codec: options.codec,
    retries: options.retries ?? 0,
    maxAgeMs: readAge(options.maxAge),
    memoryBytes: readSize(options.memory),
    volatile: options.volatile,
  };
}

/** Reads the arguments of `each(…)`. Throws StagebookError if they do not define a stage. */
export function createEachDefinition(args: readonly unknown[], cell: CellId | null): StageDefinition {
  const name = checkName(args[0], "stage");
  const takesInputs = typeof args[2] !== "function" || typeof args[3] === "function";
  const fn = takesInputs ? args[3] : args[2];
  if (typeof fn !== "function")
    throw new StagebookError(
      "stage-function",
      `each "${name}" has no function`,
      `Write each("${name}", source, (item) => …) or each("${name}", source, { input }, (item, { input }) => …).`,
      { stage: name },
    );
  checkFunction(fn, name);
  const source = args[1];
  if (!isSource(source))
    throw new StagebookError(
      "each-source",
      `each "${name}" has no source of items`,
      "Pass a stage that returns a list or a stream, or a list.",
      { stage: name },
    );
  const options = checkEachOptions(args[takesInputs ? 4 : 3], name);
  checkLogged(options.logged ?? [], takesInputs ? args[2] : undefined, name);
  return {
    ...common({ name, cell, fn: fn as StageFunction }, options),
    takesInputs: true,
    inputs: createInputTree(takesInputs ? { source, inputs: args[2] } : { source }, name),
    whenInvalid: "recompute",
    worker: false,
    extra: "error",
    each: {
      workers: options.workers ?? 1,
      ordered: options.ordered ?? true,
      cacheItems: options.cacheItems ?? false,
      rangeMs: readRangeMs(options.scale),
      inThreads: options.worker ?? false,
      takesInputs,
    },
  };
}

/** How long a range takes unless the stage says otherwise. */
const RANGE_SECONDS = 30;

function readRangeMs(scale: EachOptions["scale"]): number | undefined {
  if (scale === undefined || scale === false) return undefined;
  return 1000 * (scale === true ? RANGE_SECONDS : (scale.rangeSeconds ?? RANGE_SECONDS));
}

function isSource(source: unknown): boolean {
  return inputOf(source) !== undefined || Array.isArray(source);
}

function checkLogged(logged: readonly string[], inputs: unknown, stage: string): void {
  const named =
    typeof inputs === "object" && inputs !== null && inputOf(inputs) === undefined ? Object.keys(inputs) : [];
  const unknown = logged.find((name) => !named.includes(name));
  if (unknown === undefined) return;
  throw new StagebookError(
    "stage-options",
    `stage "${stage}": logged names "${unknown}", which is not one of its inputs`,
    named.length > 0 ? `Its inputs are ${named.join(", ")}.` : "Pass inputs by name: { limit }.",
    { stage },
  );
}

/** The definition of a part of a stage's output, cached and compared like any stage. `base`: the whole stage. */
export function createPartDefinition(base: Extract<InputRef, { kind: "stage" }>, part: StagePart): StageDefinition {
  const leaf = { path: "", ref: base };
  const isOutput = part.kind === "output";
  return {
    name: `${base.name} › ${isOutput ? part.output : "select"}`,
    cell: null,
    fn: isOutput ? (value) => outputOf(value, base.name, part.output) : (value) => part.select(value),
    keyedBy: isOutput ? undefined : part.select,
    takesInputs: true,
    inputs: { leaves: [leaf], shape: "0", fill: (valueOf) => valueOf(leaf) },
    version: isOutput ? `output ${part.output}` : undefined,
    cache: true,
    logged: [],
    whenInvalid: "recompute",
    retries: 0,
    worker: false,
    extra: "error",
    partOf: base.name,
  };
}

function outputOf(value: unknown, stage: string, output: string): unknown {
  if (typeof value === "object" && value !== null && Object.hasOwn(value, output))
    return (value as Record<string, unknown>)[output];
  const known =
    typeof value === "object" && value !== null
      ? `It returned ${Object.keys(value).join(", ") || "an empty object"}.`
      : "It did not return an object.";
  throw new StagebookError("output-missing", `stage "${stage}" did not return the output "${output}"`, known, {
    stage,
  });
}

const noInputs: InputTree = { leaves: [], shape: "", fill: () => undefined };
const examples = {
  stage: 'stage("clean", …)',
  parameter: 'param("limit", 10)',
  resource: 'resource("db", () => connect())',
};
const reserved = new Set(["__proto__", "constructor", "prototype"]);

/** Checks the name of a stage, parameter or resource. Throws `name`. */
export function checkName(name: unknown, noun: "stage" | "parameter" | "resource"): string {
  const problem =
    typeof name !== "string"
      ? `is ${name === null ? "null" : `a ${typeof name}`}, not a string`
      : name.trim() === ""
        ? "is empty"
        : reserved.has(name)
          ? "is reserved"
          : name.length > 200
            ? "is longer than 200 characters"
            : null;
  if (problem === null) return name as string;
  throw new StagebookError(
    "name",
    `the name of a ${noun} ${problem}`,
    `Use a short, unique name, for example ${examples[noun]}.`,
  );
}

function checkFunction(fn: object, stage: string): void {
  const refuse = (what: string, advice: string): never => {
    throw new StagebookError("stage-function", `stage "${stage}": its function ${what}`, advice, { stage });
  };
  if (types.isProxy(fn)) return refuse("is a proxy, so its code cannot be read", "Pass the function itself.");
  const ref = inputOf(fn);
  if (ref?.kind === "stage")
    return refuse(
      `is the stage "${ref.name}"`,
      `Pass it as an input: stage("${stage}", { ${ref.name} }, ({ ${ref.name} }) => …).`,
    );
  if (/^class\b/.test(Function.prototype.toString.call(fn)))
    return refuse("is a class, which cannot be called like a function", "Write (input) => new TheClass(input).");
  const isNative = /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(fn));
  const isBound = "name" in fn && String(fn.name).startsWith("bound ");
  if (isNative && !isBound)
    refuse("is a built-in function, so its code cannot be read", "Wrap it: (input) => theFunction(input).");
}
