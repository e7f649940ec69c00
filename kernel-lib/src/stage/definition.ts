/** What the engine holds of a stage; made from what the cell gave, checked once. */
import type { CellId } from "../protocol";
import { StagebookError } from "../protocol";
import type { Codec, StageOptions } from "./face";
import { createInputTree, type InputTree } from "./input";

export type StageFunction = (...args: unknown[]) => unknown;

export interface StageDefinition {
  readonly name: string;
  readonly cell: CellId | null;
  readonly fn: StageFunction;
  /** False when the function gets the context alone. */
  readonly takesInputs: boolean;
  readonly inputs: InputTree;
  readonly description?: string;
  readonly version?: string;
  readonly seed?: string;
  readonly cache: boolean;
  readonly logged: readonly string[];
  readonly codec?: Codec;
}

const optionNames = ["description", "version", "seed", "cache", "logged", "codec"] as const satisfies readonly (keyof StageOptions)[];

/** Reads the arguments of `stage(…)`. Throws StagebookError for anything that cannot be a stage. */
export function createStageDefinition(args: readonly unknown[], cell: CellId | null): StageDefinition {
  const name = checkName(args[0], "stage");
  const takesInputs = typeof args[1] !== "function" || typeof args[2] === "function";
  const fn = takesInputs ? args[2] : args[1];
  if (typeof fn !== "function")
    throw new StagebookError("stage-function", `stage "${name}" has no function`, `Write stage("${name}", (context) => …) or stage("${name}", { input }, ({ input }) => …).`, { stage: name });
  checkFunction(fn, name);
  const options = checkOptions(args[takesInputs ? 3 : 2], name);
  return {
    name,
    cell,
    fn: fn as StageFunction,
    takesInputs,
    inputs: createInputTree(takesInputs ? args[1] : {}, name),
    description: options.description,
    version: options.version,
    seed: options.seed === undefined ? undefined : String(options.seed),
    cache: options.cache ?? true,
    logged: options.logged ?? [],
    codec: options.codec,
  };
}

const examples = { stage: 'stage("clean", …)', parameter: 'param("limit", 10)', resource: 'resource("db", () => connect())' };
const reserved = new Set(["__proto__", "constructor", "prototype"]);

/** A usable name of a stage or parameter. Throws `name`. */
export function checkName(name: unknown, noun: "stage" | "parameter" | "resource"): string {
  const problem =
    typeof name !== "string" ? `is ${name === null ? "null" : `a ${typeof name}`}, not a text` : name.trim() === "" ? "is empty" : reserved.has(name) ? "is reserved" : name.length > 200 ? "is longer than 200 characters" : null;
  if (problem === null) return name as string;
  throw new StagebookError("name", `the name of a ${noun} ${problem}`, `Give it a short name of its own, for example ${examples[noun]}.`);
}

function checkFunction(fn: object, stage: string): void {
  if (/\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(fn)) && !fn.constructor.name.startsWith("Async") && !("name" in fn && String(fn.name).startsWith("bound ")))
    throw new StagebookError("stage-function", `stage "${stage}": its function is built into the engine, so its code cannot be seen`, "Wrap it: (input) => theFunction(input).", { stage });
}

function checkOptions(given: unknown, stage: string): StageOptions {
  if (given === undefined) return {};
  const bad = (what: string, advice: string): never => {
    throw new StagebookError("stage-options", `stage "${stage}": ${what}`, advice, { stage });
  };
  if (typeof given !== "object" || given === null || Array.isArray(given)) return bad("its options are not an object", "Write { description: \"…\" } as the last argument.");
  const options = given as StageOptions & Record<string, unknown>;
  for (const name of Object.keys(options))
    if (!(optionNames as readonly string[]).includes(name)) bad(`unknown option "${name}"`, `Options are ${optionNames.join(", ")}.`);
  if (options.description !== undefined && typeof options.description !== "string") bad("description is not a text", "Give a sentence.");
  if (options.version !== undefined && typeof options.version !== "string") bad("version is not a text", 'Write version: "2".');
  if (options.seed !== undefined && typeof options.seed !== "string" && typeof options.seed !== "number") bad("seed is not a number or text", "Write seed: 1.");
  if (options.cache !== undefined && typeof options.cache !== "boolean") bad("cache is not true or false", "Write cache: false to store nothing.");
  if (options.logged !== undefined && !(Array.isArray(options.logged) && options.logged.every((item) => typeof item === "string")))
    bad("logged is not a list of input names", 'Write logged: ["limit"].');
  if (options.codec !== undefined && (typeof options.codec.name !== "string" || typeof options.codec.encode !== "function" || typeof options.codec.decode !== "function"))
    bad("codec has no name, encode and decode", "Give { name, encode(value), decode(bytes) }.");
  return options;
}
