/** The composition root: the only place that names concrete adapters. Creates pipelines for notebooks, scripts and tests. */
import fs from "node:fs";
import path from "node:path";
import { packageFolder } from "./async/own-code";
import { EventBus } from "./events/bus";
import { captureOutput } from "./events/log-capture";
import { keepLogLines } from "./events/log-lines";
import { recordRuns } from "./events/run-files";
import { createSlurmScheduler } from "./export/slurm-scheduler";
import type { CellTracking, PipelineInternals } from "./notebook/pipeline-internals";
import { createPipelineApi } from "./pipeline-api";
import { findOverrides, findPipelineContext, type PipelineContext } from "./pipeline-context";
import type { PipelineOptions, ScriptPipeline } from "./pipeline-types";
import { readLimits } from "./stage/limits";
import { messageOf, StagebookError, type CellId, type EventBody, type LogRecord } from "./protocol";
import { installObservers, systemNow } from "./observe";
import { checkShare } from "./run/audit/share";
import { createPublicApi } from "./run/api/handle-api";
import { Engine } from "./run/engine";
import { createLog, createStoreProblemReport, type Log } from "./run/state/logger";
import { readScriptSource } from "./scopes/inspector-session";
import { registerBuiltin } from "./scopes/known-globals";
import { createLiveScopes } from "./scopes/live-scopes";
import { secretFreeStore } from "./run/secret-free-store";
import { unobservedStore } from "./run/unobserved-store";
import { secrets } from "./secrets/secret-texts";
import { openStore } from "./store/open-store";

/** The version of this package, recorded in each result. */
export const version = readVersion();

function readVersion(): string {
  const manifest = fs.readFileSync(path.join(packageFolder, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** A pipeline and its internals. `notebookExports`: the object that holds a notebook's variables. Throws `pipeline-options`. */
export function createPipelineWithInternals(
  options: PipelineOptions,
  notebookExports: () => object | undefined,
  context: PipelineContext = findPipelineContext(),
): { readonly pipeline: ScriptPipeline; readonly internals: PipelineInternals } {
  checkOptions(options);
  captureOutput();
  installObservers({ registerBuiltin, sourceOf: ({ hash }) => readScriptSource(hash) });
  const limits = readLimits(context.environment);
  const clock = { now: options.now ?? systemNow };
  const bus = new EventBus(clock.now, maskEvent);
  const emit = bus.emit.bind(bus);
  const log = createLog(emit, clock);
  const reportStoreProblem = createStoreProblemReport(emit, log);
  const opened = openStore({
    choice: options.store,
    environment: context.environment,
    folder: context.folder,
    notebook: options.notebook ?? context.notebook,
    usesSavedParams: context.usesSavedParams,
    now: clock.now,
    onProblem: (message, where) => reportStoreProblem({ message, where }),
  });
  const { savedParams, notebook, secretKey } = opened;
  const store = secretFreeStore(unobservedStore(opened.store));
  const scopes = createLiveScopes(notebookExports);
  let cells: CellTracking = { isAlive: () => true, labelOf: () => "", missingVariables: () => [] };
  const engine = new Engine(
    {
      store,
      savedParams,
      secretKey,
      scopes,
      clock,
      overrides: () => findOverrides(context.overrides),
      emitAll: bus.emitAll.bind(bus),
      log,
      reportStoreProblem,
      notebook,
      rememberedResults: limits.rememberedResults,
      folder: context.folder,
      auditShare:
        options.audit === undefined
          ? checkShare(context.environment.STAGEBOOK_AUDIT, "STAGEBOOK_AUDIT")
          : checkShare(options.audit, "audit"),
      aliveCell: (cell: CellId) => cells.isAlive(cell),
      labelOf: (cell: CellId) => cells.labelOf(cell),
    },
    { stagebook: version, node: process.version },
  );
  const logLines = keepLogLines(bus.events, { lines: limits.logLines, chars: limits.logCharacters });
  const runsWritten = recordRuns({
    events: bus.wholeEvents,
    view: () => bus.view,
    keepView: () => bus.keepView(),
    store,
    notebook,
    onProblem: (error) =>
      reportStoreProblem({
        message: `the events of the run could not be written: ${error.message}`,
        where: store.location,
      }),
  });
  if (options.log) forwardLog(bus, options.log, log);
  const pipeline = createPipelineApi(
    engine,
    createPublicApi(engine, () => bus.view, {
      schedulers: { slurm: createSlurmScheduler(version) },
      file: () => notebook.file,
      chosenStore: context.environment.STAGEBOOK_STORE,
    }),
    bus,
  );
  const internals: PipelineInternals = {
    isPipeline: (value) => value === pipeline,
    engine,
    bus,
    scopes,
    notebook,
    logLines,
    runsWritten,
    setCells: (tracking) => void (cells = tracking),
    cells: () => cells,
  };
  context.onPipeline(internals);
  return { pipeline, internals };
}

/** The views of parameters hide secrets themselves, and show other values whatever they are. */
function maskEvent(event: EventBody): EventBody {
  return event.type === "param:defined" || event.type === "param:changed" ? event : secrets.maskData(event);
}

function checkOptions(options: PipelineOptions): void {
  const names = ["store", "now", "log", "notebook", "audit"];
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new StagebookError(
      "pipeline-options",
      `unknown option "${unknown}" of createPipeline`,
      `Options are ${names.join(", ")}.`,
    );
}

/** Calls the user's log function with each record. An error in it is reported once and has no other effect. */
function forwardLog(bus: EventBus, onRecord: (record: LogRecord) => void, log: Log): void {
  let hasFailed = false;
  bus.wholeEvents.subscribe((event) => {
    if (event.type !== "log:written") return;
    try {
      onRecord(event.record);
    } catch (error) {
      if (hasFailed) return;
      hasFailed = true;
      log("warn", `the function log passed to createPipeline threw: ${messageOf(error)}`);
    }
  });
}
