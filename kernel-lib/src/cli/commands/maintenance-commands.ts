/** The commands that look after the store: `gc`, `verify`, `clear`. No cell is executed, except by `clear` without a name. */
import { formatSize } from "../../protocol";
import type { GcOptions } from "../../store/store";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import { withDefinitions } from "./plan-command";
import { headOf } from "../session/run-document";
import { openResults, openStoreIn } from "./store-access";
import type { Terminal } from "../terminal/terminal";
import { UsageError } from "../terminal/usage-error";

interface Json {
  readonly json?: boolean;
}

export async function gcCommand(
  folder: string,
  { json = false, ...options }: GcOptions & Json,
  terminal: Terminal,
): Promise<ExitCode> {
  const report = await openStoreIn(folder).engine.store.gc(options);
  const freed = `${formatSize(report.freedBytes)}, ${report.removedEntries} results, ${report.evictedEntries} values, ${runsText(report.removedRuns, report.freedRunBytes)}`;
  const kept = `${report.keptEntries} results of ${formatSize(report.keptBytes)} and ${runsText(report.keptRuns, report.keptRunBytes)} stay`;
  if (json) terminal.out(`${JSON.stringify({ ...headOf("gc", folder), ...report }, null, 2)}\n`);
  else terminal.out(`${report.dryRun ? "would free" : "freed"} ${freed}; ${kept}\n`);
  return exitCode.ok;
}

function runsText(count: number, sizeBytes: number): string {
  return `${count} ${count === 1 ? "run" : "runs"} of ${formatSize(sizeBytes)}`;
}

/** Exit code 1 where something is wrong and was not repaired. */
export async function verifyCommand(
  folder: string,
  { json = false, repair = false }: Json & { readonly repair?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const report = await openStoreIn(folder).engine.store.verify({ repair });
  if (json) terminal.out(`${JSON.stringify({ ...headOf("verify", folder), ...report }, null, 2)}\n`);
  else {
    for (const { where, what } of report.problems) terminal.out(`${where}: ${what}\n`);
    const found = report.problems.length === 0 ? "all is well" : `${report.problems.length} damaged${report.repaired ? ", removed" : ""}`; // prettier-ignore
    terminal.out(`${report.entries} results, ${report.blobs} blobs, ${formatSize(report.sizeBytes)}: ${found}\n`);
  }
  return report.problems.length > 0 && !report.repaired ? exitCode.failed : exitCode.ok;
}

/** Forgets the results of the named stages; with `all` of every stage that the cells define. */
export async function clearCommand(
  file: string,
  stages: readonly string[],
  { all = false, json = false }: Json & { readonly all?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  if (all === stages.length > 0)
    throw new UsageError(
      "clear-what",
      "clear needs the names of stages, or --all",
      "Write stagebook clear a.ipynb strong.",
    );
  const tell = (results: number): ExitCode => {
    if (json) terminal.out(`${JSON.stringify({ ...headOf("clear", file), results }, null, 2)}\n`);
    else terminal.out(`${results} ${results === 1 ? "result" : "results"} forgotten\n`);
    return exitCode.ok;
  };
  if (!all) {
    const { results } = openResults(file).engine;
    let count = 0;
    for (const stage of stages) count += await results.clear(stage);
    return tell(count);
  }
  return withDefinitions(file, {}, terminal, async ({ pipelines }) => {
    let count = 0;
    for (const { engine } of pipelines)
      for (const { name } of engine.registry.stages.all()) count += await engine.results.clear(name);
    return tell(count);
  });
}
