/** The `stagebook` command of the built package: in a process of its own, as a user runs it, or called in this one. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import type { StagebookEvent } from "stagebook/protocol";
import { executed } from "./kernel/event-log";
import { repository } from "./kernel/notebook-folder";
import { nodeFlags } from "../../.dev/lib/project.mjs";

const program = join(repository, "node_modules", "stagebook", "bin", "stagebook.js");

const schema = JSON.parse(readFileSync(join(repository, "kernel-lib", "schema", "cli.schema.json"), "utf8")) as object;
const validate = new Ajv({ allErrors: true }).compile(schema);

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: { readonly [name: string]: string | undefined };
  /** Called with the process and its stdout so far after each chunk: for signals at a chosen moment. */
  readonly watch?: (child: ChildProcess, stdout: string) => void;
}

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The document of `--json`, with the fields that tests use. */
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
  return execute([process.execPath, ...nodeFlags, program, ...args], options);
}

/** What one command has compiled, the next one finds: in the temporary folder of the run, not in the cache of whoever runs the tests. */
const compileCache = join(tmpdir(), "stagebook-test-cells");

/** Variables of the tests' own process. CI: there, saved parameter values do not count. */
const unsetForPrograms = {
  VITEST: undefined,
  NODE_OPTIONS: undefined,
  NODE_ENV: undefined,
  JPY_SESSION_NAME: undefined,
  CI: undefined,
  STAGEBOOK_COMPILE_CACHE: compileCache,
};

/** Runs any program as a user would, without the environment variables of the tests. */
export async function execute(
  [file = "", ...args]: readonly string[],
  { cwd, env = {}, watch }: CommandOptions,
): Promise<CommandEnd> {
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...unsetForPrograms, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    watch?.(child, stdout);
  });
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  return { code, stdout, stderr };
}

interface Terminal {
  out(text: string | Uint8Array): void;
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  drained(): Promise<void>;
}

export interface CallOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Whether the process enters `cwd` and the folder of a notebook, as the program does. Then one command at a time. Default: false. */
  readonly entersFolder?: boolean;
}

type RunCommandLine = (
  args: readonly string[],
  terminal: Terminal,
  context: {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly folder: string;
    readonly enterFolder?: (folder: string) => void;
  },
) => Promise<number>;

/** Runs `stagebook …args` in this process, with the built package: TypeScript is loaded once for all calls. */
export async function callStagebook(args: readonly string[], options: CallOptions): Promise<CommandEnd> {
  // Required, as bin/stagebook.js does: cells and scripts import the same one.
  const { runCommandLine } = createRequire(import.meta.url)("../../kernel-lib/lib/cli/main.js") as {
    readonly runCommandLine: RunCommandLine;
  };
  let [stdout, stderr] = ["", ""];
  const terminal: Terminal = {
    out: (text) => void (stdout += Buffer.from(text).toString()),
    err: (text) => void (stderr += text),
    outIsTerminal: false,
    errIsTerminal: false,
    drained: () => Promise.resolve(),
  };
  const { cwd, environment = {}, entersFolder = false } = options;
  const before = process.cwd();
  const context = {
    environment: { STAGEBOOK_COMPILE_CACHE: compileCache, ...environment },
    folder: cwd,
    ...(entersFolder ? { enterFolder: process.chdir } : {}),
  };
  try {
    if (entersFolder) process.chdir(cwd);
    const code = await runCommandLine(args, terminal, context);
    return { code, stdout, stderr };
  } finally {
    process.chdir(before);
  }
}

/** The document that `--json` prints, validated against the published schema. */
export function documentOf({ stdout, stderr }: CommandEnd): CommandDocument {
  let document: CommandDocument;
  try {
    document = JSON.parse(stdout) as CommandDocument;
  } catch {
    throw new Error(`not JSON:\n${stdout}\n${stderr}`);
  }
  if (!validate(document))
    throw new Error(`does not match the schema: ${JSON.stringify(validate.errors?.slice(0, 8))}\n${stdout}`);
  return document;
}

/** The lines that a run writes without a terminal. */
export function linesOf({ stdout }: CommandEnd): readonly StagebookEvent[] {
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as StagebookEvent);
}

/** The stages that a command executed, sorted. */
export function executedBy(end: CommandEnd): readonly string[] {
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
