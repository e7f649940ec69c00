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
      : ["is not a whole number of at least 1", "Write jobs: 1 to run one stage after another."],
  signal: (value) =>
    value instanceof AbortSignal ? undefined : ["is not an AbortSignal", "Pass the signal of an AbortController."],
  on: (value) =>
    value === "slurm" || isSlurm(value)
      ? undefined
      : [
          "is neither the name of a scheduler nor its settings",
          'Write on: "slurm", or on: { scheduler: "slurm", workers: 8, cpus: 2, time: "2:00:00" }.',
        ],
  target: (value) =>
    typeof value === "string" || (Array.isArray(value) && value.every((name) => typeof name === "string"))
      ? undefined
      : ["is not the name of a stage, or a list of names", 'Write target: "clean" or target: ["clean", "report"].'],
};

/** Checks the options of a run. Throws `run-options` for an unknown option or an invalid value. `names`: the valid options. */
export function checkRunOptions<T extends RunOptions>(options: T | undefined, names: readonly (keyof T & string)[]): T {
  const bad = (what: string, advice: string): never => {
    throw new StagebookError("run-options", `run: ${what}`, advice);
  };
  if (options === undefined) return {} as T;
  if (typeof options !== "object" || options === null)
    return bad("its options are not an object", "Write { force: true }.");
  for (const [name, value] of Object.entries(options)) {
    if (!names.includes(name as keyof T & string))
      return bad(`unknown option "${name}"`, `Options are ${names.join(", ")}.`);
    const [what, advice] = (value === undefined ? undefined : checks[name]?.(value)) ?? [];
    if (what !== undefined) return bad(`${name} ${what}`, advice ?? "");
  }
  return options;
}

/** Minutes, `minutes:seconds`, `hours:minutes:seconds`, or with days before a dash. */
export function isSlurmTime(text: string): boolean {
  return /^(\d+(:\d+){0,2}|\d+-\d+(:\d+){0,2})$/.test(text);
}

function isSlurm(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { scheduler, workers = 1, cpus = 1, time = "1", ...more } = value as { readonly [name: string]: unknown };
  const isCount = (count: unknown): boolean => Number.isSafeInteger(count) && (count as number) >= 1;
  const isTime = typeof time === "string" && isSlurmTime(time);
  return scheduler === "slurm" && isCount(workers) && isCount(cpus) && isTime && Object.keys(more).length === 0;
}
