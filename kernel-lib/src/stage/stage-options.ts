/** The options of a stage, checked when its cell defines it. */
import { StagebookError } from "../protocol";
import { readAge } from "./age";
import { readSize } from "./size";
import type { EachOptions, StageOptions } from "./public/options";

/** A thread needs some of it for itself. */
export const MIN_MEMORY_BYTES = 64_000_000;

type OptionName = keyof StageOptions;

/** What is wrong with a value, and what to write instead; undefined when it is valid. */
type Check = (value: unknown) => readonly [what: string, advice: string] | undefined;

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === "string");
const isListOfNames = (names: readonly string[]): boolean =>
  names.length > 0 && !names.includes("") && new Set(names).size === names.length;
const oneOf =
  (choices: readonly string[]): Check =>
  (value) =>
    choices.includes(value as string)
      ? undefined
      : [`is ${JSON.stringify(value)}`, `Use ${choices.map((choice) => JSON.stringify(choice)).join(", ")}.`];
const aFunction =
  (example: string): Check =>
  (value) =>
    typeof value === "function" ? undefined : ["is not a function", `Write ${example}.`];

/** The name of a built-in codec, as the option `codec` of a stage takes it. */
export type CodecName = Extract<StageOptions["codec"], string>;
const codecNames = Object.keys({ json: 1, text: 1, bytes: 1, arrow: 1 } satisfies { [name in CodecName]: 1 });

const checks: { readonly [name in OptionName]-?: Check } = {
  description: (value) => (typeof value === "string" ? undefined : ["is not a string", "Write a sentence."]),
  version: (value) => (typeof value === "string" ? undefined : ["is not a string", 'Write version: "2".']),
  seed: (value) =>
    typeof value === "string" || Number.isFinite(value) ? undefined : ["is not a number or string", "Write seed: 1."],
  outputs: (value) =>
    isTexts(value) && isListOfNames(value as readonly string[])
      ? undefined
      : ["is not a list of distinct names", 'Write outputs: ["train", "test"].'],
  extra: oneOf(["error", "drop", "keep"]),
  cache: (value) =>
    typeof value === "boolean" ? undefined : ["is not true or false", "Write cache: false to store nothing."],
  logged: (value) => (isTexts(value) ? undefined : ["is not a list of input names", 'Write logged: ["limit"].']),
  codec: (value) => {
    if (codecNames.includes(value as string)) return undefined;
    const codec = value as { name?: unknown; encode?: unknown; decode?: unknown } | null;
    return typeof codec?.name === "string" && typeof codec.encode === "function" && typeof codec.decode === "function"
      ? undefined
      : [
          "has no name, encode and decode",
          `Use ${codecNames.map((name) => `"${name}"`).join(", ")} or { name, encode(value), decode(bytes) }.`,
        ];
  },
  validate: aFunction("validate: (value) => value.length > 0"),
  whenInvalid: oneOf(["recompute", "warn", "throw"]),
  onSave: aFunction("onSave: (value) => …"),
  onLoad: aFunction("onLoad: (value) => …"),
  worker: (value) =>
    typeof value === "boolean"
      ? undefined
      : ["is not true or false", "Write worker: true to execute it in a worker thread."],
  memory: (value) =>
    (readSize(value) ?? 0) >= MIN_MEMORY_BYTES
      ? undefined
      : ["is not a size of at least 64 MB", 'Write memory: "2 GB", or a number of bytes.'],
  retries: (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100
      ? undefined
      : ["is not a whole number from 0 to 100", "Write retries: 3 for up to three more attempts."],
  maxAge: (value) =>
    readAge(value) !== undefined
      ? undefined
      : ["is not an age", 'Write maxAge: "1 h", "30 min", "2 days", or milliseconds.'],
  volatile: oneOf(["accept"]),
  timeoutMs: (value) =>
    typeof value === "number" && value > 0 && value <= 2_147_483_647
      ? undefined
      : ["is not a positive number of milliseconds", "Write timeoutMs: 60_000 for a minute."],
};

const workersCheck: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 1
    ? undefined
    : ["is not a whole number of at least 1", "Write workers: 20."];

const eachChecks: { readonly [name in keyof EachOptions]-?: Check } = {
  description: checks.description,
  version: checks.version,
  seed: checks.seed,
  cache: checks.cache,
  logged: checks.logged,
  codec: checks.codec,
  retries: checks.retries,
  maxAge: checks.maxAge,
  volatile: checks.volatile,
  worker: checks.worker,
  memory: checks.memory,
  workers: workersCheck,
  ordered: (value) =>
    typeof value === "boolean"
      ? undefined
      : ["is not true or false", "Write ordered: false to get results as soon as they are ready."],
  cacheItems: (value) =>
    typeof value === "boolean"
      ? undefined
      : ["is not true or false", "Write cacheItems: true to store the result of each item."],
  scale: (value) =>
    isScale(value)
      ? undefined
      : [
          "is neither true or false nor { rangeSeconds } from 1 to 3600",
          "Write scale: true to share the items with other processes.",
        ],
};

function isScale(value: unknown): boolean {
  if (typeof value === "boolean") return true;
  if (typeof value !== "object" || value === null || Object.keys(value).some((name) => name !== "rangeSeconds"))
    return false;
  const { rangeSeconds = 30 } = value as { readonly rangeSeconds?: unknown };
  return typeof rangeSeconds === "number" && rangeSeconds >= 1 && rangeSeconds <= 3600;
}

/** Checks the options of a stage. Throws `stage-options` for an unknown option or an invalid value. */
export function checkOptions(value: unknown, stage: string): StageOptions {
  const options = checkEach(value, stage, checks) as StageOptions;
  if (options.extra !== undefined && options.outputs === undefined)
    throw refused(stage, "extra requires outputs", 'Name the outputs: outputs: ["train", "test"].');
  if (options.whenInvalid !== undefined && options.validate === undefined)
    throw refused(stage, "whenInvalid requires validate", "Add validate: (value) => ….");
  checkMemory(options, stage);
  return options;
}

/** Checks the options of `each` in the same way. */
export function checkEachOptions(value: unknown, stage: string): EachOptions {
  const options = checkEach(value, stage, eachChecks) as EachOptions;
  if (options.cacheItems === true && options.codec !== undefined)
    throw refused(stage, "cacheItems cannot be combined with codec", "Remove one of them.");
  const isScaled = options.scale !== undefined && options.scale !== false;
  if (isScaled && options.ordered === false)
    throw refused(
      stage,
      "scale cannot be combined with ordered: false",
      "Remove one of them: its results are in order.",
    );
  if (isScaled && options.cache === false)
    throw refused(
      stage,
      "scale cannot be combined with cache: false",
      "Remove one of them: processes share what is stored.",
    );
  checkMemory(options, stage);
  return options;
}

function checkMemory({ memory, worker }: Pick<StageOptions, "memory" | "worker">, stage: string): void {
  if (memory !== undefined && worker !== true)
    throw refused(stage, "memory requires worker: true", "Add worker: true: the kernel's own thread has no limit.");
}

function checkEach(options: unknown, stage: string, known: { readonly [name: string]: Check }): object {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw refused(stage, "its options are not an object", 'Write { description: "…" } as the last argument.');
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!check) throw refused(stage, `unknown option "${name}"`, `Options are ${Object.keys(known).join(", ")}.`);
    const [what, advice] = (value === undefined ? undefined : check(value)) ?? [];
    if (what !== undefined) throw refused(stage, `${name} ${what}`, advice ?? "");
  }
  return options;
}

function refused(stage: string, what: string, advice: string): StagebookError {
  return new StagebookError("stage-options", `stage "${stage}": ${what}`, advice, { stage });
}
