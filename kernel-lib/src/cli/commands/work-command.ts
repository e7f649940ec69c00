/** `stagebook work`: a process that helps other runs of the same notebook on the same store, until nothing is left. */
import { packageFolder } from "../../async/own-code";
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration, visibleText } from "../../protocol";
import { resolvePath, type CommandContext } from "../command-context";
import type { OptionsOf, workOptions } from "../options";
import { terminalListener } from "../session/listeners";
import { Workbench } from "../session/workbench";
import { checkSharedStore } from "../session/shared-store";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import { Progress } from "../terminal/progress";
import { codeOf, executeAll, printFailure } from "./run-command";

type WorkCommandOptions = OptionsOf<typeof workOptions>;

/** How often an idle worker checks whether the file has changed, and how often it tries to work again anyway. */
const POLL_MS = 1000;
const TRY_MS = 15_000;

/** `args`: the command line, for a worker that waits for more work. Throws UsageError. */
export function workCommand(
  file: string,
  options: WorkCommandOptions,
  context: CommandContext,
  args: readonly string[],
): Promise<ExitCode> {
  checkSharedStore(context.environment.STAGEBOOK_STORE);
  return options.idle === undefined ? workOnce(file, options, context) : workAgain(file, options.idle, context, args);
}

/** Executes what is stale, together with all others. */
async function workOnce(file: string, options: WorkCommandOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const startedAt = Date.now();
  const progress = new Progress(terminal);
  const bench = new Workbench(file, { ...options, isWorker: true }, terminalListener(progress, false), context);
  progress.say(`worker ${hostname()} ${process.pid}: ${file}`);
  progress.start();
  try {
    await executeAll(bench, options);
    const { recorder, wasStopped } = bench;
    const code = wasStopped ? exitCode.interrupted : codeOf(bench);
    await recorder.idle(code === exitCode.ok ? Infinity : 3000);
    progress.stop();
    process.send?.({ executed: recorder.executed });
    if (wasStopped) terminal.err("stopped: the run that this worker helps was cancelled\n");
    else printFailure(bench, code, terminal);
    const took = formatDuration(Date.now() - startedAt);
    if (code === exitCode.ok) terminal.err(visibleText(`nothing is left to do in ${file}: ${recorder.executed} executed here, ${took}\n`)); // prettier-ignore
    return code;
  } finally {
    progress.stop();
    await bench.close();
  }
}

/**
 * Works until nothing has been executed for a while. Each round is a process of its own, as the cells and what they import are read
 * again: when the file has changed, else from time to time, because results may be cleared and parameters set elsewhere.
 */
async function workAgain(
  file: string,
  idleMs: number,
  context: CommandContext,
  args: readonly string[],
): Promise<ExitCode> {
  let lastWorkAt = Date.now();
  for (;;) {
    const stamp = stampOf(file, context);
    const { code, executed } = await workInProcess(withoutIdle(args), context);
    if (code !== exitCode.ok) return code;
    const now = Date.now();
    if (executed > 0) lastWorkAt = now;
    const until = lastWorkAt + idleMs;
    if (now >= until) return exitCode.ok;
    const nextAt = Math.min(until, now + TRY_MS);
    while (Date.now() < nextAt && stampOf(file, context) === stamp) await sleep(Math.min(POLL_MS, nextAt - Date.now()));
  }
}

async function workInProcess(
  args: readonly string[],
  { folder, environment, terminal }: CommandContext,
): Promise<{ readonly code: ExitCode; readonly executed: number }> {
  const program = join(packageFolder, "bin", "stagebook.js");
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    cwd: folder,
    env: { ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let executed = 0;
  child.on("message", (message: { readonly executed: number }) => (executed = message.executed));
  child.stdout?.on("data", (chunk: Buffer) => terminal.out(chunk));
  child.stderr?.on("data", (chunk: Buffer) => terminal.err(chunk.toString()));
  const forward = (signal: NodeJS.Signals): boolean => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  try {
    const code = await new Promise<number>((resolve, reject) =>
      child.once("error", reject).once("close", (code, signal) => resolve(code ?? codeOfSignal(signal))),
    );
    return { code: code as ExitCode, executed };
  } finally {
    for (const signal of SIGNALS) process.off(signal, forward);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Of a process that ended by it, as before it had its own reaction. */
function codeOfSignal(signal: NodeJS.Signals | null): ExitCode {
  if (signal === "SIGINT") return exitCode.interrupted;
  return signal === "SIGTERM" ? exitCode.terminated : exitCode.failed;
}

function withoutIdle(args: readonly string[]): readonly string[] {
  return args.filter((arg, at) => !/^--idle(=|$)/.test(arg) && args[at - 1] !== "--idle");
}

/** Changes with the file. */
function stampOf(file: string, context: CommandContext): string {
  const stat = statSync(resolvePath(context, file), { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs} ${stat.size}` : "";
}
