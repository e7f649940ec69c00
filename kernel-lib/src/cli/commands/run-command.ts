/** `stagebook run`: executes the cells, then brings the targets up to date. */
import type { Instance } from "../../run/state/instances";
import { formatDuration } from "../../protocol";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import { checkStale } from "./plan-command";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import { lineListener, personListener } from "../session/listeners";
import { compareLock } from "../session/lock";
import { Progress } from "../terminal/progress";
import { describeRun } from "../session/run-document";
import type { Terminal } from "../terminal/terminal";
import { checkVariablesExist } from "../session/missing-variables";
import { Workbench, type SessionOptions } from "../session/workbench";

export interface RunCommandOptions extends SessionOptions {
  readonly target?: readonly string[];
  readonly force?: readonly string[];
  readonly jobs?: number;
  readonly retries?: number;
  readonly json?: boolean;
  readonly save?: string;
  readonly check?: boolean;
  readonly lock?: boolean;
  readonly updateLock?: boolean;
}

/** Throws UsageError. */
export async function runCommand(file: string, options: RunCommandOptions, terminal: Terminal): Promise<ExitCode> {
  const { json = false, check = false } = options;
  if (check) return checkStale(file, options, terminal);
  const startedAt = Date.now();
  const progress = new Progress(terminal);
  const isForPeople = json || terminal.outIsTerminal;
  const listener = isForPeople ? personListener(progress, json) : lineListener(terminal);
  const bench = new Workbench(file, options, listener, terminal);
  if (options.save !== undefined) bench.session.checkSave();
  if (isForPeople) progress.start();
  try {
    await execute(bench, options);
    let code = codeOf(bench);
    await bench.recorder.idle(code === exitCode.ok ? Infinity : 3000);
    if (options.save !== undefined) bench.session.save(options.save);
    progress.stop();
    if (code === exitCode.ok && (options.lock === true || options.updateLock === true))
      code = await compareLock(bench, options.updateLock === true, terminal);
    if (json) terminal.out(`${JSON.stringify(await describeRun(bench, { exitCode: code, startedAt }), null, 2)}\n`);
    else if (isForPeople) progress.say(summary(bench, code, Date.now() - startedAt));
    tellFailure(bench, terminal);
    return code;
  } finally {
    progress.stop();
    await bench.close();
  }
}

async function execute(bench: Workbench, options: RunCommandOptions): Promise<void> {
  const { target = [], force = [] } = options;
  if (target.length > 0 || !mentionsAll(bench, options)) {
    // Nothing runs before it is known that all names are right.
    await bench.execute(true);
    if (bench.failure || bench.watch.signalled !== undefined) return;
    const wanted = [...target, ...force].map((name) => bench.find(name));
    if (target.length > 0) {
      for (const found of wanted) await checkVariablesExist(bench, found);
      bench.session.runOverrides.refusesBodies = false;
      for (const internals of bench.pipelines)
        await runIn(internals, wanted.filter((found) => found.internals === internals).map(({ instance }) => instance)); // prettier-ignore
      return;
    }
  }
  await bench.execute(false);
  if (bench.failure || bench.watch.signalled !== undefined) return;
  for (const name of force) bench.find(name);
  for (const internals of bench.pipelines) {
    const { registry, instances } = internals.engine;
    await runIn(internals, registry.stages.all().map(({ name }) => instances.find(name))); // prettier-ignore
  }
}

/** What fails is told by events. */
async function runIn({ engine }: PipelineInternals, targets: readonly Instance[]): Promise<void> {
  if (targets.length > 0) await engine.run(targets, { source: "script" });
}

/** False when a name that was given stands nowhere in the source: it may come from an import, or be a mistake. */
function mentionsAll({ session }: Workbench, { set = [], params, force = [] }: RunCommandOptions): boolean {
  const names = [...set.map((text) => text.slice(0, Math.max(0, text.indexOf("=")))), ...force];
  const isMentioned = (name: string): boolean =>
    ['"', "'", "`"].some((quote) => session.source.includes(quote + name + quote));
  return params === undefined && names.every(isMentioned);
}

function codeOf(bench: Workbench): ExitCode {
  if (bench.watch.signalled !== undefined) return bench.watch.signalled;
  if (/ERR_SCRIPT_EXECUTION_INTERRUPTED/.test(bench.failure?.error ?? "")) return exitCode.interrupted;
  const hasFailed = bench.failure !== undefined || bench.recorder.hasFailed || bench.watch.strays.length > 0;
  return hasFailed ? exitCode.failed : exitCode.ok;
}

/** The error of a cell stands last, where a person looks first. */
function tellFailure({ failure, recorder }: Workbench, terminal: Terminal): void {
  if (failure) terminal.err(`${failure.label} failed:\n${failure.error ?? ""}\n`);
  else for (const { message } of recorder.errors) terminal.err(`${message}\n`);
}

function summary({ recorder, pipelines, watch }: Workbench, code: ExitCode, durationMs: number): string {
  const all = pipelines.reduce((sum, { engine }) => sum + engine.registry.stages.all().length, 0);
  const end = code === exitCode.ok ? "done" : watch.signalled === undefined ? "failed" : "stopped";
  const executed = recorder.executed === 1 ? "1 body run" : `${recorder.executed} bodies run`;
  return `${end}: ${all} ${all === 1 ? "stage" : "stages"}, ${executed}, ${formatDuration(durationMs)}`;
}
