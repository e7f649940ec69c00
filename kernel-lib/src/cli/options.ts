/** The options of the commands, each declared once: flags, help text and how its text is read. Commands take their types from here. */
import path from "node:path";
import { InvalidArgumentError } from "commander";
import { readShare } from "../run/audit/share";
import { isSlurmTime } from "../stage/run-options";

/** The key under which an option is declared is the camel-case form of its long flag, as commander names it. */
export interface CliOption<T> {
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** Reads one occurrence; absent for switches and plain text. `folder`: relative paths start here. */
  readonly read?: (text: string, before: T | undefined, folder: string) => T;
}

export type CliOptions = Readonly<Record<string, CliOption<never>>>;

/** The values of declared options; those that were not used are absent. */
export type OptionsOf<D> = { readonly [K in keyof D]?: D[K] extends CliOption<infer T> ? T : never };

const flag = (flags: string, description: string): CliOption<boolean> => ({ flags, description });
const text = (flags: string, description: string): CliOption<string> => ({ flags, description });
const repeated = (flags: string, description: string): CliOption<readonly string[]> => ({
  flags,
  description: `${description} (may be repeated)`,
  read: (value, before = []) => [...before, value],
});
const number = (flags: string, description: string, read: (text: string) => number): CliOption<number> => ({
  flags,
  description,
  read: (value) => read(value),
});
const file = (flags: string, description: string): CliOption<string> => ({
  flags,
  description,
  read: (value, _before, folder) => path.resolve(folder, value),
});
const oneOf = <T extends string>(flags: string, description: string, choices: readonly T[]): CliOption<T> => ({
  flags,
  description,
  choices,
});

const json = flag("--json", "print JSON");
const planCheck = flag("--check", "exit with code 3 if any stage is stale");
const workers = number("--workers <number>", "estimate the time with this many processes (default: 1)", readCount);
const output = file("-o, --output <file>", "output file (default: stdout)");

export const storeOptions = {
  store: text("--store <location>", "where results are stored (default: STAGEBOOK_STORE, else .stagebook)"),
};

export const sessionOptions = {
  ...storeOptions,
  set: repeated("--set <name=value>", "set a parameter, overriding the cells"),
  params: text("--params <file>", "parameter values as a JSON object; - for stdin"),
  setSecret: repeated("--set-secret <name=env:VARIABLE>", "set a secret parameter from an environment variable"),
  saved: flag("--no-saved", "ignore parameter values that were set before, and save none (default where CI is set)"),
};

export const runOptions = {
  ...sessionOptions,
  target: repeated("--target <stage>", "run only this stage and everything upstream"),
  force: repeated("--force <stage>", "run this stage even if it is fresh"),
  jobs: number("--jobs <number>", "maximum number of stages to run in parallel", readCount),
  retries: number("--retries <number>", "maximum retries per stage", readCountFromZero),
  save: file("--save <file>", "write the notebook with its new outputs"),
  check: flag("--check", "run nothing; exit with code 3 if any stage is stale"),
  lock: flag(
    "--lock",
    "compare the results with pipeline.lock and exit with code 4 if they differ; write it if there is none",
  ),
  updateLock: flag("--update-lock", "write the current results to pipeline.lock"),
  audit: number("--audit <share>", "audit this share of the results that were current", readShareOption),
  limit: number(
    "--limit <time>",
    "exit with code 6 if what is stale takes more machine time: 30m, 8h (default: STAGEBOOK_RUN_LIMIT)",
    readTime,
  ),
  yes: flag("--yes", "run although it takes more than the limit"),
  json: flag("--json", "print one JSON document at the end"),
};

export const workOptions = {
  ...sessionOptions,
  target: repeated("--target <stage>", "work only on this stage and everything upstream"),
  jobs: number("--jobs <number>", "maximum number of stages to run in parallel", readCount),
  retries: number("--retries <number>", "maximum retries per stage", readCountFromZero),
  untilDone: flag("--until-done", "end when nothing is left to do (default)"),
  idle: number("--idle <time>", "wait for more work for this long: 10m, 30s, 2h", readTime),
};

export const planOptions = {
  ...sessionOptions,
  target: repeated("--target <stage>", "only this stage and everything upstream"),
  workers,
  check: planCheck,
  json,
};

export const auditOptions = {
  ...sessionOptions,
  target: repeated("--target <stage>", "audit this stage"),
  all: flag("--all", "audit every stage that has a current result"),
  sample: number("--sample <share>", "the share of the stages to audit, at least one (default: 10%)", readShareOption),
  json: flag("--json", "print one JSON document at the end"),
};

export const explainOptions = {
  ...sessionOptions,
  workers,
  json: flag("--json", "print JSON, with all parts of the key"),
};
export const paramsOptions = { ...sessionOptions, json: flag("--json", "print JSON, with schemas") };
export const exportOptions = { ...sessionOptions, output };
export const airflowOptions = {
  ...exportOptions,
  dagId: text("--dag-id <id>", "id of the DAG (default: the file name)"),
};

const clusterOptions = {
  ...exportOptions,
  target: repeated("--target <stage>", "the workers work only on this stage and everything upstream"),
  workers: number("--workers <number>", "number of workers (default: 4)", readCount),
  cpus: number("--cpus <number>", "processors of each worker (default: 1)", readCount),
};
const slurmTime: CliOption<string> = {
  flags: "--time <limit>",
  description: "time limit of each worker, as Slurm takes it: 2:00:00",
  read: (value) => {
    if (isSlurmTime(value)) return value;
    throw new InvalidArgumentError("Pass a time as Slurm takes it: 30, 2:00:00, 1-12.");
  },
};
export const slurmOptions = {
  ...clusterOptions,
  time: slurmTime,
};
export const kubernetesOptions = {
  ...clusterOptions,
  image: text("--image <image>", "the image that has the notebook, Node.js and the packages"),
};

export const getFormats = ["json", "text", "bytes", "file"] as const;
export const getOptions = {
  ...storeOptions,
  as: oneOf("--as <format>", "output format; file copies the file that the stage wrote", getFormats),
  key: text("--key <prefix>", "the result whose key starts with this prefix"),
  output,
};
export const historyOptions = { ...storeOptions, json };
export const logOptions = {
  ...storeOptions,
  run: text("--run <id>", "the log of this run"),
  all: flag("--all", "include the lines of the run's other stages"),
  json,
};

export const clearOptions = { ...storeOptions, all: flag("--all", "clear all stages"), json };
export const gcOptions = {
  ...storeOptions,
  dryRun: flag("--dry-run", "show what would be removed"),
  olderThan: number("--older-than <days>", "remove results unused, and runs not updated, for this many days", readDays),
  keep: number("--keep <number>", "number of results to keep per stage", readCount),
  keepRuns: number("--keep-runs <number>", "number of run records to keep per notebook", readCount),
  maxBytes: number("--max-bytes <bytes>", "maximum total size in bytes", readCount),
  goneFor: number("--gone-for <days>", "forget notebooks whose files are gone, unused for this many days", readDays),
  json,
};
export const verifyOptions = {
  ...storeOptions,
  repair: flag("--repair", "remove what is damaged, so that it is recomputed"),
  json,
};

export const doctorOptions = { ...storeOptions, json };

function readShareOption(text: string): number {
  const share = readShare(text);
  if (share !== undefined) return share;
  throw new InvalidArgumentError("Pass a share: 10%, 0.1.");
}

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError("Pass an integer ≥ 1.");
}

function readCountFromZero(text: string): number {
  return text === "0" ? 0 : readCount(text);
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** In milliseconds. */
export function readTime(text: string): number {
  const [, amount = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (factor !== undefined) return Number(amount) * factor;
  throw new InvalidArgumentError("Pass a time: 30s, 10m, 2h, 1d.");
}

/** In milliseconds. */
function readDays(text: string): number {
  const days = Number(text);
  if (text.trim() !== "" && days >= 0) return days * 24 * 60 * 60 * 1000;
  throw new InvalidArgumentError("Pass a number of days.");
}
