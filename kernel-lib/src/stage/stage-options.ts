/** The options of a stage, checked when its cell defines it. */
import { StagebookError } from "../protocol";
import type { StageOptions } from "./face";

type OptionName = keyof StageOptions;

/** What is wrong with a value that was given, and what to write instead; undefined when nothing is. */
type Check = (value: unknown) => readonly [what: string, advice: string] | undefined;

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === "string");
const isListOfNames = (names: readonly string[]): boolean =>
  names.length > 0 && !names.includes("") && new Set(names).size === names.length;
const oneOf =
  (choices: readonly string[]): Check =>
  (value) =>
    choices.includes(value as string)
      ? undefined
      : [`is ${JSON.stringify(value)}`, `It is ${choices.map((choice) => JSON.stringify(choice)).join(", ")}.`];
const aFunction =
  (example: string): Check =>
  (value) =>
    typeof value === "function" ? undefined : ["is not a function", `Write ${example}.`];

const codecNames = ["json", "text", "bytes", "arrow"];

const checks: { readonly [name in OptionName]-?: Check } = {
  description: (value) => (typeof value === "string" ? undefined : ["is not a text", "Give a sentence."]),
  version: (value) => (typeof value === "string" ? undefined : ["is not a text", 'Write version: "2".']),
  seed: (value) =>
    typeof value === "string" || Number.isFinite(value) ? undefined : ["is not a number or text", "Write seed: 1."],
  outputs: (value) =>
    isTexts(value) && isListOfNames(value as readonly string[])
      ? undefined
      : ["is not a list of names, each once", 'Write outputs: ["train", "test"].'],
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
          `Give ${codecNames.map((name) => `"${name}"`).join(", ")} or { name, encode(value), decode(bytes) }.`,
        ];
  },
  validate: aFunction("validate: (value) => value.length > 0"),
  whenInvalid: oneOf(["recompute", "warn", "throw"]),
  onSave: aFunction("onSave: (value) => …"),
  onLoad: aFunction("onLoad: (value) => …"),
  retries: (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100
      ? undefined
      : ["is not a whole number from 0 to 100", "Write retries: 3 for three attempts more."],
  timeoutMs: (value) =>
    typeof value === "number" && value > 0 && value <= 2_147_483_647
      ? undefined
      : ["is not a number of milliseconds above 0", "Write timeoutMs: 60_000 for a minute."],
};

/** Throws `stage-options` for an unknown option, or a value that an option cannot have. */
export function checkOptions(given: unknown, stage: string): StageOptions {
  if (given === undefined) return {};
  const bad = (what: string, advice: string): never => {
    throw new StagebookError("stage-options", `stage "${stage}": ${what}`, advice, { stage });
  };
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return bad("its options are not an object", 'Write { description: "…" } as the last argument.');
  const options = given as StageOptions & Record<string, unknown>;
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as OptionName] : undefined;
    if (!check) return bad(`unknown option "${name}"`, `Options are ${Object.keys(checks).join(", ")}.`);
    const [what, advice] = (value === undefined ? undefined : check(value)) ?? [];
    if (what !== undefined) return bad(`${name} ${what}`, advice ?? "");
  }
  if (options.extra !== undefined && options.outputs === undefined)
    bad("extra goes with outputs", 'Name the outputs: outputs: ["train", "test"].');
  if (options.whenInvalid !== undefined && options.validate === undefined)
    bad("whenInvalid goes with validate", "Give validate: (value) => … too.");
  return options;
}
