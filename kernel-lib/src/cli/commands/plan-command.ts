/** The commands that execute the cells without running any stage: `plan`, `explain`, `params`, `export`, and `--check`. */
import { basename, extname } from "node:path";
import { inspect } from "node:util";
import { airflowId, toAirflow } from "../../export/airflow";
import { toDot } from "../../export/dot";
import { toMermaid } from "../../export/mermaid";
import { notRepeatable, visibleText, type ParamView, type PlanRowView } from "../../protocol";
import { version } from "../../pipeline";
import type { PlanRow } from "../../stage/public/plans";
import { StageAnswers } from "../../notebook/page/stage-answers";
import { planRow, PlanText } from "../../run/texts";
import { exitCode, type ExitCode } from "../terminal/exit-code";
import { jsonDocument } from "../terminal/json-value";
import { terminalListener } from "../session/listeners";
import { Progress } from "../terminal/progress";
import { costOf } from "../../run/ranges/plan-cost";
import { costedPlan, costText, sharedText } from "../session/cost";
import { headOf } from "../session/run-document";
import { inputsOf } from "../param-options";
import { checkOutput, writeOutput } from "../terminal/output-file";
import { alignColumns } from "../terminal/table";
import { resolvePath, type CommandContext } from "../command-context";
import type { airflowOptions, explainOptions, exportOptions, OptionsOf, paramsOptions, planOptions } from "../options";
import { UsageError } from "../terminal/usage-error";
import { Workbench, type SessionOptions } from "../session/workbench";

/** Executes the cells without running any stage, then calls `use`. */
export async function withDefinitions(
  file: string,
  options: SessionOptions,
  context: CommandContext,
  use: (bench: Workbench) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { terminal } = context;
  const progress = new Progress(terminal);
  const listener = { ...terminalListener(progress, true), cellEnded: () => undefined };
  const bench = new Workbench(file, options, listener, context);
  progress.start();
  try {
    await bench.executeForPlanning();
    progress.stop();
    if (bench.watch.signaled !== undefined) return bench.watch.signaled;
    const { failure, savedText } = bench;
    if (savedText !== undefined) terminal.err(`${visibleText(savedText)}\n`);
    if (failure) terminal.err(`${visibleText(`${failure.label} failed:\n${failure.error ?? ""}`)}\n`);
    const code = await use(bench);
    return failure ? exitCode.failed : code;
  } finally {
    progress.stop();
    await bench.close();
  }
}

export async function planCommand(
  file: string,
  options: OptionsOf<typeof planOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  return withDefinitions(file, options, context, async (bench) => {
    const { workers } = options;
    const costed = await costedPlan(bench, options.target);
    const rows = costed.map(({ row }) => row);
    const cost = costOf(costed, workers ?? 1);
    const stale = rows.filter(isStale);
    const code = options.check === true && stale.length > 0 ? exitCode.stale : exitCode.ok;
    if (options.json === true) {
      const head = { ...headOf("plan", file), exitCode: code, stale: stale.length };
      const all = costed.map(({ row, shared }) => ({ ...withCaveats(row), ...(shared ? { shared } : {}) }));
      terminal.out(jsonDocument({ ...head, rows: all, cost, cells: bench.reports }));
    } else {
      const shared = costed.flatMap(({ row, shared }) => (shared ? [sharedText(row.stage, shared, cost.workers)] : []));
      const total = stale.length > 0 && (workers !== undefined || shared.length > 0) ? [costText(cost)] : [];
      const text = [inspect(new PlanText(rows.map(planRow))), ...shared, ...total].join("\n");
      terminal.out(`${visibleText(text)}\n`);
    }
    return code;
  });
}

function withCaveats(row: PlanRowView): PlanRowView & Pick<PlanRow, "notRepeatable"> {
  const reasons = notRepeatable(row);
  return reasons.length > 0 ? { ...row, notRepeatable: reasons } : row;
}

/** `run --check`: lists what is stale, and runs nothing. */
export function checkStale(
  file: string,
  options: OptionsOf<typeof planOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  return planCommand(file, { ...options, check: true }, context);
}

export async function explainCommand(
  file: string,
  stage: string,
  options: OptionsOf<typeof explainOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  return withDefinitions(file, options, context, async (bench) => {
    const { internals, instance } = bench.find(stage);
    const answer = await new StageAnswers(internals.engine).explain(instance.definition.name);
    const rows = await costedPlan(bench, [stage]);
    const shared = rows.find(({ row }) => row.stage === instance.definition.name)?.shared;
    if (options.json === true)
      terminal.out(jsonDocument({ ...headOf("explain", file), ...answer, ...(shared ? { shared } : {}) }));
    else {
      const why = answer.text.startsWith(answer.status) ? answer.text : `${answer.status}: ${answer.text}`;
      const cost = shared ? [sharedText(stage, shared, options.workers ?? 1)] : [];
      terminal.out(visibleText(`${[`${stage} is ${why}`, ...cost].join("\n")}\n`));
    }
    return exitCode.ok;
  });
}

export async function paramsCommand(
  file: string,
  options: OptionsOf<typeof paramsOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  return withDefinitions(file, options, context, async ({ pipelines }) => {
    const params = pipelines.flatMap(({ engine }) => engine.params.names().map((name) => engine.params.view(name)));
    if (options.json === true) terminal.out(jsonDocument({ ...headOf("params", file), params }));
    else terminal.out(params.length === 0 ? "no parameters\n" : alignColumns(params.map(paramRow)));
    return exitCode.ok;
  });
}

/** How a graph is written. The layout of a picture is loaded only for a picture. */
export const exportFormats = {
  mermaid: () => Promise.resolve(toMermaid),
  dot: () => Promise.resolve(toDot),
  svg: async () => (await import("../../export/picture")).toSvg,
} as const;
export type ExportFormat = keyof typeof exportFormats;

export async function exportCommand(
  format: ExportFormat,
  file: string,
  options: OptionsOf<typeof exportOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  checkOutput(options.output, inputsOf(file, options, context));
  return withDefinitions(file, options, context, async ({ pipelines }) => {
    if (pipelines.length === 0) throw new UsageError("stage-unknown", `${file} does not define a stage`, "Define one.");
    const draw = await exportFormats[format]();
    const text = `${pipelines.map(({ bus }) => draw(bus.view)).join("\n\n")}\n`;
    write(text, options.output, context);
    return exitCode.ok;
  });
}

/** Throws UsageError for several pipelines: a task identifies its stage by the file. */
export async function exportAirflow(
  file: string,
  options: OptionsOf<typeof airflowOptions>,
  context: CommandContext,
): Promise<ExitCode> {
  const path = resolvePath(context, file);
  checkOutput(options.output, inputsOf(file, options, context));
  return withDefinitions(file, options, context, async ({ pipelines }) => {
    const [first, second] = pipelines;
    if (!first || second)
      throw new UsageError(
        "export-pipelines",
        `${file} has ${pipelines.length === 0 ? "no pipeline" : "more than one pipeline"}`,
        "Export a file with exactly one.",
      );
    const { registry } = first.engine;
    const text = toAirflow({
      view: first.bus.view,
      limitsOf: (stage) => registry.stages.get(stage) ?? {},
      file: path,
      dagId: airflowId(options.dagId ?? basename(path, extname(path))),
      version,
    });
    write(text, options.output, context);
    return exitCode.ok;
  });
}

/** To the output file, or stdout. */
function write(text: string, output: string | undefined, { terminal }: CommandContext): void {
  if (output === undefined) terminal.out(text);
  else writeOutput(output, text);
}

const isStale = ({ action }: PlanRowView): boolean => action === "run" || action === "maybe" || action === "blocked";

function paramRow(param: ParamView): readonly string[] {
  const about = param.overridden ? `(default ${param.defaultText})` : "";
  const unit = param.unit ?? "";
  return [param.name, param.text, unit, param.kind, about, param.description ?? ""];
}
