/** The engine of one pipeline: plans, runs, and keeps the shown plan true after everything that happens. */
import os from "node:os";
import { diffParts } from "../key/diff";
import type { Scopes } from "../key/scopes";
import type { CellId, EventBody, InputView, LogLevel, PlanRowView, RunId, RunSource, RunStatus } from "../protocol";
import { runIdOf, StagebookError } from "../protocol";
import { createRegistry } from "../stage/registry";
import type { Entry, Store } from "../store/store";
import { findActivity, type Overlay } from "./state/activity";
import type { EngineContext, LogSource } from "./engine-context";
import { viewOfError } from "./error-view";
import { Scratch } from "./external/file-outputs";
import { Files } from "./external/files";
import { Instances, type Instance } from "./state/instances";
import type { RunOverrides } from "./state/run-overrides";
import { statusOf, type Outcome } from "./state/outcome";
import { Outcomes } from "./state/outcomes";
import { ParamValues } from "./state/params";
import { Planner, type FullPlan } from "./plan/planner";
import type { Clock, EnginePorts } from "./state/ports";
import { Refresher } from "./refresher";
import { Results } from "./state/results";
import { Run } from "./execute/run";
import { Semaphore } from "../async/semaphore";
import { InFlight } from "./state/in-flight";
import { acceptLoaded } from "./call/validation";

/** How many results under other parameter values are planned for the cells that show them. */
const MAX_WATCHED = 100;

export interface RunSummary {
  readonly status: RunStatus;
  readonly executed: number;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The run itself, to load values and make errors from. */
  readonly run: Run;
}

export interface RunAsk {
  readonly force?: boolean;
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly source?: RunSource;
  /** The caller will take the targets' values. */
  readonly wantsValues?: boolean;
}

export class Engine implements EngineContext {
  readonly registry = createRegistry();
  readonly outcomes = new Outcomes();
  readonly inFlight = new InFlight();
  readonly instances: Instances;
  readonly params: ParamValues;
  readonly files: Files;
  readonly results: Results;
  readonly planner: Planner;
  readonly store: Store;
  readonly scopes: Scopes;
  readonly scratch: Scratch;
  readonly clock: Clock;
  readonly runOverrides: RunOverrides;
  readonly emit: (event: EventBody) => void;
  readonly labelOf: (cell: CellId) => string;
  readonly aliveCell: (cell: CellId) => boolean;
  readonly diff = diffParts;
  private readonly active = new Map<RunId, { readonly abort: AbortController; readonly run: Run }>();
  private readonly shownRows = new Map<string, Shown<PlanRowView>>();
  private readonly shownInputs = new Map<string, Shown<ReturnType<Instances["refs"]>>>();
  private readonly warned = new Set<string>();
  private readonly refresher = new Refresher(
    () => this.replan(),
    () => this.active.size > 0,
  );
  private readonly watched = new Map<string, Instance>();
  private assessed: FullPlan["assessed"] = new Map();
  private runs = 0;

  constructor(
    private readonly ports: EnginePorts,
    readonly made: EngineContext["made"],
  ) {
    this.store = ports.store;
    this.scopes = ports.scopes;
    this.scratch = new Scratch(ports.store);
    this.clock = ports.clock;
    this.runOverrides = ports.runOverrides;
    this.labelOf = ports.labelOf;
    this.aliveCell = ports.aliveCell;
    this.emit = (event) => this.tell(event);
    this.instances = new Instances(this.registry, ports.scopes);
    this.params = new ParamValues({
      ...ports,
      emit: this.emit,
      log: (level, message) => this.log(level, message),
    });
    this.files = new Files(ports.folder);
    this.results = new Results(
      ports.store,
      ports.notebook,
      (message, where) => {
        this.emit({ type: "store:problem", message, where });
        this.log("warn", `store: ${where} ${message}`);
      },
      (instance, value) => acceptLoaded(this, instance, value),
    );
    this.planner = new Planner(this);
  }

  log(level: LogLevel, message: string, place: LogSource = {}): void {
    const activity = findActivity();
    this.emit({
      type: "log:written",
      record: {
        at: this.clock.now(),
        level,
        stage: place.stage ?? null,
        cell: place.cell ?? activity.cell,
        run: place.run ?? activity.stage?.run ?? null,
        message,
        fields: place.fields ?? {},
        source: "stagebook",
      },
    });
  }

  /** Runs the targets. Resolves with the outcomes whatever they are; throws only what is wrong before anything runs. */
  async run(targets: readonly Instance[], ask: RunAsk = {}): Promise<RunSummary> {
    const since = this.inFlight.enter();
    try {
      return await this.runSince(since, targets, ask);
    } finally {
      this.inFlight.leave();
    }
  }

  private async runSince(since: number, targets: readonly Instance[], ask: RunAsk): Promise<RunSummary> {
    await this.refuseBodies(targets, ask.wantsValues ?? false);
    const activity = findActivity();
    const source = ask.source ?? activity.source;
    const id = this.newRunId();
    const abort = new AbortController();
    const signal = ask.signal ? AbortSignal.any([abort.signal, ask.signal]) : abort.signal;
    const run = new Run(this, {
      id,
      since,
      targets,
      source,
      force: ask.force ?? false,
      wantsValues: ask.wantsValues ?? false,
      permits: new Semaphore(ask.jobs ?? this.runOverrides.jobs ?? Math.max(4, os.availableParallelism())),
      signal,
    });
    const startedAt = this.clock.now();
    this.endEpoch();
    this.active.set(id, { abort, run });
    this.emit({
      type: "run:started",
      run: id,
      source,
      cell: activity.cell,
      targets: targets.map((target) => target.definition.name),
    });
    const end = (status: RunStatus, error?: unknown): void =>
      this.emit({
        type: "run:ended",
        run: id,
        status,
        durationMs: this.clock.now() - startedAt,
        executed: run.executed,
        ...(error === undefined ? {} : { error: viewOfError(error) }),
      });
    try {
      const outcomes = await run.execute();
      const status = signal.aborted ? "cancelled" : statusOf(outcomes.values());
      end(status, firstError(outcomes));
      return { status, executed: run.executed, outcomes, run };
    } catch (error) {
      end(signal.aborted ? "cancelled" : "failed", error);
      throw error;
    } finally {
      this.active.delete(id);
      this.refresh();
    }
  }

  async makeAgain(instance: Instance): Promise<Entry | undefined> {
    const { outcomes } = await this.run([instance], { wantsValues: true });
    const outcome = outcomes.get(instance.id);
    return outcome?.kind === "succeeded" ? outcome.entry : undefined;
  }

  /** Aborts every run. Returns how many there were. */
  cancel(): number {
    for (const { abort } of this.active.values())
      abort.abort(new StagebookError("cancelled", "the run was stopped", "Run it again; what was finished is kept."));
    return this.active.size;
  }

  /** Throws `param-busy` while a run reads one of them. */
  checkParamsFree(names: readonly string[]): void {
    for (const { run } of this.active.values()) {
      const params = run.params ?? this.instances.paramsRead(run.targets);
      const busy = names.find((name) => params.has(name));
      if (busy !== undefined)
        throw new StagebookError(
          "param-busy",
          `parameter "${busy}" is being read by a run`,
          "Wait until the run has ended, or stop it first.",
        );
    }
  }

  /** Keeps planning an instance under other parameter values: a cell shows its result. */
  watch(instance: Instance): void {
    this.watched.set(instance.id, instance);
    const oldest = this.watched.keys().next();
    if (this.watched.size > MAX_WATCHED && oldest.done !== true) this.watched.delete(oldest.value);
  }

  /** What the last plan said of an instance. */
  rowOf(id: string): PlanRowView | undefined {
    return this.assessed.get(id)?.row;
  }

  /** The plan of all stages. */
  async planAll(overlay?: Overlay): Promise<FullPlan> {
    return this.planner.plan(this.registry.stages.all().map(({ name }) => this.instances.find(name, overlay)));
  }

  /** Forgets what was read of code and store: the next plan looks again. */
  endEpoch(): void {
    this.scopes.lookAgain();
    this.instances.endEpoch();
  }

  refresh(): void {
    this.refresher.request();
  }

  /** When the shown plan is true again. */
  settled(): Promise<void> {
    return this.refresher.settled();
  }

  /** Stages whose body would or may run, in order. */
  async outdated(): Promise<readonly PlanRowView[]> {
    const { assessed } = await this.planAll();
    return [...assessed.values()]
      .filter(({ instance }) => instance.definition.partOf === undefined)
      .map(({ row }) => row)
      .filter(({ action }) => action === "run" || action === "maybe");
  }

  /** Throws `not-run` when the targets need a body and the orders allow none. */
  private async refuseBodies(targets: readonly Instance[], wantsValues: boolean): Promise<void> {
    if (!this.runOverrides.refusesBodies) return;
    this.endEpoch();
    const { assessed } = await this.planner.plan(targets, { isAsked: true, wantsValues });
    const rows = [...assessed.values()].map(({ row }) => row);
    const lacking = rows.filter(({ action }) => action !== "fresh" && action !== "load");
    this.runOverrides.refuse(
      lacking.map(({ stage, status, reasons }) => ({
        stage,
        why: reasons.map(({ text }) => text).join("; ") || status,
      })),
    );
  }

  private async replan(): Promise<void> {
    try {
      const stages = this.registry.stages.all().map(({ name }) => this.instances.find(name));
      const watched = [...this.watched.values()].filter(({ definition }) => this.registry.stages.get(definition.name));
      const again = watched.map(({ definition, overlay }) => this.instances.find(definition.name, overlay));
      this.show(await this.planner.plan([...stages, ...again]));
    } catch (error) {
      this.log("error", `the plan could not be made: ${(error as Error).message}`, {
        fields: { stack: (error as Error).stack ?? "" },
      });
    }
  }

  private show({ assessed }: FullPlan): void {
    const inputs: Record<string, readonly InputView[]> = {};
    const rows: PlanRowView[] = [];
    this.assessed = assessed;
    for (const { instance, row } of assessed.values()) {
      const name = instance.definition.name;
      if (instance.definition.partOf !== undefined || instance.overlay.size > 0 || !this.registry.stages.get(name))
        continue;
      const refs = this.instances.refs(instance);
      if (this.shownInputs.get(name)?.of !== refs) {
        const views = this.instances.inputViews(instance);
        if (changed(this.shownInputs, name, refs, JSON.stringify(views))) inputs[name] = views;
      }
      if (this.shownRows.get(name)?.of !== row && changed(this.shownRows, name, row, JSON.stringify(row)))
        rows.push(row);
      this.warnUntracked(instance, row);
    }
    if (Object.keys(inputs).length > 0) this.emit({ type: "graph:changed", inputs });
    if (rows.length > 0) this.emit({ type: "plan:refined", rows });
  }

  private warnUntracked(instance: Instance, row: PlanRowView): void {
    for (const untracked of row.untracked) {
      const id = `${row.stage} ${untracked}`;
      if (this.warned.has(id)) continue;
      this.warned.add(id);
      this.log("warn", `${row.stage} reaches what no key follows: ${untracked}`, {
        stage: row.stage,
        cell: instance.definition.cell,
      });
    }
  }

  private tell(event: EventBody): void {
    // What an event changes in the view must be planned over: forget what was shown of that stage.
    if ("stage" in event && typeof event.stage === "string") this.shownRows.delete(event.stage);
    if (event.type === "stage:defined") {
      this.shownRows.delete(event.stage.name);
      this.shownInputs.delete(event.stage.name);
    }
    this.ports.emit(event);
  }

  private newRunId(): RunId {
    return runIdOf(this.clock.now(), process.pid, this.runs++);
  }
}

/** What was told last of a stage, and what that was made of: the same object tells the same. */
interface Shown<T> {
  readonly of: T;
  readonly text: string;
}

function changed<T>(shown: Map<string, Shown<T>>, name: string, of: T, text: string): boolean {
  const before = shown.get(name);
  shown.set(name, { of, text });
  return before?.text !== text;
}

function firstError(outcomes: ReadonlyMap<string, Outcome>): StagebookError | undefined {
  for (const outcome of outcomes.values()) if (outcome.kind === "failed") return outcome.error;
  return undefined;
}
