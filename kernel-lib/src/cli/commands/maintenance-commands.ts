/** The maintenance commands of the store: `gc`, `verify`, `clear`. They execute no cells, except `clear --all`. */
import { formatSize, visibleText } from "../../protocol";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import { jsonDocument } from "../terminal/json-value";
import { withDefinitions } from "./plan-command";
import { headOf } from "../session/run-document";
import { openResults, openStoreIn } from "./store-access";
import type { CommandContext } from "../command-context";
import type { clearOptions, gcOptions, OptionsOf, verifyOptions } from "../options";
import type { VerifyReport } from "../../store/store";
import { UsageError } from "../terminal/usage-error";

export async function gcCommand(
  folder: string,
  {
    json = false,
    dryRun,
    olderThan: olderThanMs,
    keep: keepPerStage,
    keepRuns,
    maxBytes,
    goneFor: goneForMs,
  }: OptionsOf<typeof gcOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const options = { dryRun, olderThanMs, keepPerStage, keepRuns, maxBytes, goneForMs };
  const report = await openStoreIn(folder, context).engine.store.gc(options);
  const freed = `${formatSize(report.freedBytes)}, ${report.removedEntries} results, ${report.evictedEntries} values, ${runsText(report.removedRuns, report.freedRunBytes)}`;
  const kept = `kept ${report.keptEntries} results of ${formatSize(report.keptBytes)} and ${runsText(report.keptRuns, report.keptRunBytes)}`;
  if (json) terminal.out(jsonDocument({ ...headOf("gc", folder), ...report }));
  else {
    for (const { notebook, places, lastUsedAt } of report.removedNotebooks ?? [])
      terminal.out(visibleText(`${report.dryRun ? "would forget" : "forgot"} ${notebook}, which was ${places.join(", ")}, last used ${new Date(lastUsedAt).toISOString().slice(0, 10)}\n`)); // prettier-ignore
    terminal.out(`${report.dryRun ? "would free" : "freed"} ${freed}; ${kept}\n`);
  }
  return exitCode.ok;
}

function runsText(count: number, sizeBytes: number): string {
  return `${count} ${count === 1 ? "run" : "runs"} of ${formatSize(sizeBytes)}`;
}

/** Exit code 1 if something is damaged and was not removed. */
export async function verifyCommand(
  folder: string,
  { json = false, repair = false }: OptionsOf<typeof verifyOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const report = await openStoreIn(folder, context).engine.store.verify({ repair });
  if (json) terminal.out(jsonDocument({ ...headOf("verify", folder), ...report }));
  else {
    for (const { where, what } of report.problems) terminal.out(visibleText(`${where}: ${what}\n`));
    const found =
      report.problems.length === 0 ? "no damage" : `${report.problems.length} damaged${removedText(report)}`;
    terminal.out(`${report.entries} results, ${report.blobs} blobs, ${formatSize(report.sizeBytes)}: ${found}\n`);
  }
  const hasMore = report.problems.some(({ remains = false }) => remains || !report.repaired);
  return hasMore ? exitCode.failed : exitCode.ok;
}

function removedText({ problems, repaired }: VerifyReport): string {
  if (!repaired) return "";
  const remaining = problems.filter(({ remains }) => remains).length;
  return remaining === 0
    ? ", removed"
    : `, ${problems.length - remaining} removed, ${remaining} to be moved away by you`;
}

/** Removes the results of the named stages; with `all`, of every stage that the cells define. */
export async function clearCommand(
  file: string,
  stages: readonly string[],
  { all = false, json = false }: OptionsOf<typeof clearOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  if (all === stages.length > 0)
    throw new UsageError(
      "clear-what",
      "clear needs the names of stages, or --all",
      "Write stagebook clear a.ipynb strong.",
    );
  const report = (results: number): ExitCode => {
    if (json) terminal.out(jsonDocument({ ...headOf("clear", file), results }));
    else terminal.out(`${results} ${results === 1 ? "result" : "results"} removed\n`);
    return exitCode.ok;
  };
  if (!all) {
    const { results } = openResults(file, context).engine;
    let count = 0;
    for (const stage of stages) count += await results.clear(stage);
    return report(count);
  }
  return withDefinitions(file, {}, context, async ({ pipelines }) => {
    let count = 0;
    for (const { engine } of pipelines)
      for (const { name } of engine.registry.stages.all()) count += await engine.results.clear(name);
    return report(count);
  });
}
