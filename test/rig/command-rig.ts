/** The `stagebook` command as a user runs it: the built package, in a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import type { StagebookEvent } from "stagebook/protocol";
import { executed } from "./kernel/event-log";
import { repository } from "./kernel/notebook-folder";

const program = join(repository, "node_modules", "stagebook", "bin", "stagebook.js");

const schema = JSON.parse(readFileSync(join(repository, "kernel-lib", "schema", "cli.schema.json"), "utf8")) as object;
const validate = new Ajv({ allErrors: true }).compile(schema);

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: { readonly [name: string]: string | undefined };
  /** Called with the process and what it has written to stdout, at each piece: for signals at a chosen moment. */
  readonly watch?: (child: ChildProcess, stdout: string) => void;
}

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `--json` printed: any field, as the test knows it. */
export type CommandDocument = Readonly<Record<string, unknown>> & {
  readonly command: string;
  readonly exitCode: number;
  readonly executed: number;
  readonly stages: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly key?: string;
    readonly digest?: string;
  }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
};

/** Runs `stagebook …args`. Never rejects for a bad exit code. */
export function stagebook(args: readonly string[], options: CommandOptions): Promise<CommandEnd> {
  return execute([process.execPath, program, ...args], options);
}

/** Runs any program as a user of the machine would, without what the tests have in their environment. */
export async function execute(
  [file = "", ...args]: readonly string[],
  { cwd, env = {}, watch }: CommandOptions,
): Promise<CommandEnd> {
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, VITEST: undefined, NODE_OPTIONS: undefined, NODE_ENV: undefined, JPY_SESSION_NAME: undefined, ...env }, // prettier-ignore
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => {
    stdout += piece.toString();
    watch?.(child, stdout);
  });
  child.stderr.on("data", (piece: Buffer) => (stderr += piece.toString()));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  return { code, stdout, stderr };
}

/** The document that `--json` prints, checked against the published schema. */
export function documentOf({ stdout, stderr }: CommandEnd): CommandDocument {
  let document: CommandDocument;
  try {
    document = JSON.parse(stdout) as CommandDocument;
  } catch {
    throw new Error(`no JSON:\n${stdout}\n${stderr}`);
  }
  if (!validate(document))
    throw new Error(`against the schema: ${JSON.stringify(validate.errors?.slice(0, 8))}\n${stdout}`);
  return document;
}

/** The lines that a run writes where no terminal is. */
export function linesOf({ stdout }: CommandEnd): readonly StagebookEvent[] {
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as StagebookEvent);
}

/** The stages whose bodies a command ran, sorted. */
export function bodiesOf(end: CommandEnd): readonly string[] {
  return executed(linesOf(end)).sort();
}

/** Stages by outcome: `{ ran: ["a"], current: ["b"] }`, names sorted. */
export function outcomesOf(document: CommandDocument): Record<string, readonly string[]> {
  const outcomes: Record<string, string[]> = {};
  for (const { name, outcome } of document.stages) (outcomes[outcome] ??= []).push(name);
  for (const names of Object.values(outcomes)) names.sort();
  return outcomes;
}

/** Whether the package is built. */
export const isBuilt = existsSync(program);
