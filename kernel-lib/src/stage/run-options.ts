/** The options of a run, checked before anything runs. */
import { StagebookError } from "../protocol";
import type { RunOptions } from "./public/stages";

type Check = (value: unknown) => readonly [what: string, advice: string] | undefined;

const checks: { readonly [name: string]: Check } = {
  force: (value) =>
    typeof value === "boolean" ? undefined : ["is not true or false", "Write force: true to run the target anyway."],
  jobs: (value) =>
    Number.isInteger(value) && (value as number) >= 1
      ? undefined
      : ["is not a whole number from 1", "Write jobs: 1 to run one stage after another."],
  signal: (value) =>
    value instanceof AbortSignal ? undefined : ["is not an AbortSignal", "Give the signal of an AbortController."],
  target: (value) =>
    typeof value === "string" || (Array.isArray(value) && value.every((name) => typeof name === "string"))
      ? undefined
      : ["is not the name of a stage, or a list of names", 'Write target: "clean" or target: ["clean", "report"].'],
};

/** Throws `run-options` for an unknown option, or a value that an option cannot have. `names`: the options that there are. */
export function checkRunOptions<T extends RunOptions>(given: T | undefined, names: readonly (keyof T & string)[]): T {
  const bad = (what: string, advice: string): never => {
    throw new StagebookError("run-options", `run: ${what}`, advice);
  };
  if (given === undefined) return {} as T;
  if (typeof given !== "object" || given === null)
    return bad("its options are not an object", "Write { force: true }.");
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name as keyof T & string))
      return bad(`unknown option "${name}"`, `Options are ${names.join(", ")}.`);
    const [what, advice] = (value === undefined ? undefined : checks[name]?.(value)) ?? [];
    if (what !== undefined) return bad(`${name} ${what}`, advice ?? "");
  }
  return given;
}
