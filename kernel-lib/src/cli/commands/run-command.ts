/** `stagebook run`: executes the cells, then runs the targets. */
import { formatDuration, visibleText } from "../../protocol";
import { auditStages, textOfFinding } from "./audit-command";
import { checkStale } from "./plan-command";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import { jsonDocument } from "../terminal/json-value";
import { lineListener, terminalListener } from "../session/listeners";
import { costOf } from "../../run/ranges/plan-cost";
import { costedPlan, costText } from "../session/cost";
import { compareLock } from "../session/lock";
import { Progress } from "../terminal/progress";
import { describeRun } from "../session/run-document";
import { inputsOf } from "../param-options";
import type { CommandContext } from "../command-context";
import { readTime, type OptionsOf, type runOptions } from "../options";
import { isInterrupted } from "../../notebook/tslab/printed-error";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import type { Instance } from "../../run/state/instances";
import type { Terminal } from "../terminal/terminal";
import { checkVariablesExist } from "../session/missing-variables";
import { UsageError } from "../terminal/usage-error";
import { Workbench } from "../session/workbench";

type RunCommandOptions = OptionsOf<typeof runOptions>;

/** Throws UsageError. */
export async function runCommand(file: string, options: RunCommandOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const { json = false, check = false } = options;
  if (check) return checkStale(file, options, context);
  const startedAt = Date.now();
  const progress = new Progress(terminal);
  const isForTerminal = json || terminal.outIsTerminal;
  const listener = isForTerminal ? terminalListener(progress, json) : lineListener(terminal);
  const bench = new Workbench(file, options, listener, context);
  if (options.save !== undefined) bench.session.checkSave(options.save, inputsOf(file, options, context));
  if (isForTerminal) progress.start();
  try {
    if (await isTooCostly(bench, options, context)) {
      if (json) terminal.out(jsonDocument(await describeRun(bench, { exitCode: exitCode.costly, startedAt })));
      return exitCode.costly;
    }
    await executeAll(bench, options);
    let code = codeOf(bench);
    await bench.recorder.idle(code === exitCode.ok ? Infinity : 3000);
    if (options.save !== undefined) bench.session.save(options.save);
    progress.stop();
    if (bench.savedText !== undefined) terminal.err(`${visibleText(bench.savedText)}\n`);
    if (code === exitCode.ok && (options.lock === true || options.updateLock === true))
      code = await compareLock(bench, options.updateLock === true, terminal);
    if (code === exitCode.ok && options.audit !== undefined) code = await audit(bench, options.audit, terminal);
    if (json) terminal.out(jsonDocument(await describeRun(bench, { exitCode: code, startedAt })));
    else if (isForTerminal) progress.say(summary(bench, code, Date.now() - startedAt));
    printFailure(bench, code, terminal);
    return code;
  } finally {
    progress.stop();
    await bench.close();
  }
}

/** Executes the cells, and what is stale. */
export async function executeAll(
  bench: Workbench,
  options: Pick<RunCommandOptions, "target" | "force" | "set" | "setSecret" | "params">,
): Promise<void> {
  const { target = [], force = [] } = options;
  if (target.length > 0 || !mentionsAll(bench, options)) {
    // Nothing runs before all names are known to exist.
    await bench.executeForPlanning();
    if (bench.failure || bench.watch.signaled !== undefined) return;
    const wanted = [...target, ...force].map((name) => bench.find(name));
    if (target.length > 0) {
      for (const found of wanted) await checkVariablesExist(bench, found);
      for (const internals of bench.pipelines)
        await bench.run(internals, wanted.filter((found) => found.internals === internals).map(({ instance }) => instance)); // prettier-ignore
      return;
    }
  }
  await bench.executeForRunning();
  if (bench.failure || bench.watch.signaled !== undefined) return;
  for (const name of force) bench.find(name);
  for (const internals of bench.pipelines) await bench.run(internals, await stillToRun(internals, bench));
}

/** Whether what is stale takes more machine time than the user wants to spend without being asked. Says so. */
async function isTooCostly(
  bench: Workbench,
  { limit, yes = false, target }: Pick<RunCommandOptions, "limit" | "yes" | "target">,
  { environment, terminal }: CommandContext,
): Promise<boolean> {
  const limitMs = limit ?? limitOf(environment.STAGEBOOK_RUN_LIMIT);
  if (limitMs === undefined || yes) return false;
  await bench.executeForPlanning();
  if (bench.failure || bench.watch.signaled !== undefined) return false;
  const cost = costOf(await costedPlan(bench, target), 1);
  if (cost.machineMs <= limitMs) return false;
  terminal.err(
    `${visibleText(`stagebook: nothing was run: it takes ${costText(cost)}, more than the limit of ${formatDuration(limitMs)}. Add --yes to run it, or start workers: stagebook work`)}\n`,
  );
  return true;
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    return readTime(text);
  } catch {
    throw new UsageError("run-limit", `STAGEBOOK_RUN_LIMIT is ${JSON.stringify(text)}`, "Pass a time: 30m, 8h.");
  }
}

/** All stages but those without cache that a cell has called, which are executed at each call. */
async function stillToRun(internals: PipelineInternals, { recorder }: Workbench): Promise<readonly Instance[]> {
  const { engine } = internals;
  const { assessed } = await engine.planAll();
  return engine.registry.stages.all().flatMap((definition) => {
    const instance = engine.instances.find(definition.name);
    const wasCalled = recorder.outcomeOf(internals, definition.name) !== "none";
    const isDone = !definition.cache && wasCalled && assessed.get(instance.id)?.row.action === "fresh";
    return isDone ? [] : [instance];
  });
}

/** Audits a sample of the stages that were not executed, and reports those that differ. */
async function audit(bench: Workbench, share: number, terminal: Terminal): Promise<ExitCode> {
  const current = bench.recorder.reused();
  const findings = await auditStages(bench, current, share);
  const bad = findings.filter(({ outcome }) => outcome === "different" || outcome === "failed");
  for (const finding of bad) terminal.err(`${visibleText(textOfFinding(finding))}\n`);
  return bad.length > 0 ? exitCode.different : exitCode.ok;
}

/** False when a name of an option does not occur in the source: it may come from an import, or be a mistake. */
function mentionsAll(
  { session }: Workbench,
  { set = [], setSecret = [], params, force = [] }: Pick<RunCommandOptions, "set" | "setSecret" | "params" | "force">,
): boolean {
  const names = [...[...set, ...setSecret].map((text) => text.slice(0, Math.max(0, text.indexOf("=")))), ...force];
  const isMentioned = (name: string): boolean =>
    ['"', "'", "`"].some((quote) => session.source.includes(quote + name + quote));
  return params === undefined && names.every(isMentioned);
}

export function codeOf(bench: Workbench): ExitCode {
  if (bench.watch.signaled !== undefined) return bench.watch.signaled;
  // Ctrl-C in synchronous code ends the cell, and nobody else learns of it.
  if (isInterrupted(bench.failure?.error ?? "")) return exitCode.interrupted;
  const hasFailed = bench.failure !== undefined || bench.recorder.hasFailed || bench.watch.strays.length > 0;
  return hasFailed ? exitCode.failed : exitCode.ok;
}

/** The error of a cell is printed last, where the user looks first. That the user stopped the command needs no error. */
export function printFailure({ failure, recorder }: Workbench, code: ExitCode, terminal: Terminal): void {
  if (code === exitCode.interrupted || code === exitCode.terminated) return;
  if (failure) terminal.err(`${visibleText(`${failure.label} failed:\n${failure.error ?? ""}`)}\n`);
  else for (const { message } of recorder.errors) terminal.err(`${visibleText(message)}\n`);
}

function summary({ recorder, pipelines }: Workbench, code: ExitCode, durationMs: number): string {
  const all = pipelines.reduce((sum, { engine }) => sum + engine.registry.stages.all().length, 0);
  const isStopped = code === exitCode.interrupted || code === exitCode.terminated;
  const end = code === exitCode.ok ? "done" : isStopped ? "cancelled" : "failed";
  const executed = `${recorder.executed} executed`;
  return `${end}: ${all} ${all === 1 ? "stage" : "stages"}, ${executed}, ${formatDuration(durationMs)}`;
}
