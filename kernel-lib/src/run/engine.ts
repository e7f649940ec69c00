/**
 * The engine of one pipeline, assembled from its parts: state, planner, runs, and the shown plan.
 *
 * The one rule for callers: after something has changed, call `changed`; the shown plan follows by itself, and `await planned()`
 * waits for it.
 */
import { diffParts } from "../key/diff";
import type { CellId, EventBody, PlanRowView } from "../protocol";
import { createRegistry } from "../stage/registry";
import type { Entry, Store } from "../store/store";
import { ActiveRuns, type RunSettings, type RunSummary } from "./active-runs";
import { Audit, type AuditPlace } from "./audit/audit";
import { IdleAudits } from "./audit/idle-audits";
import { acceptLoaded } from "./call/validation";
import type { EngineContext } from "./engine-context";
import { Scratch } from "./external/file-outputs";
import { Files } from "./external/files";
import { ObservedResults } from "./plan/observed-results";
import type { FullPlan } from "./plan/full-plan";
import { Planner, type PlanPurpose } from "./plan/planner";
import { ShownPlan } from "./shown-plan";
import type { Overlay } from "./state/activity";
import { InFlight } from "./state/in-flight";
import { Instances, type Instance } from "./state/instances";
import type { Log } from "./state/logger";
import { ReadConditions } from "./state/conditions";
import { Outcomes } from "./state/outcomes";
import { ParamValues } from "./state/params";
import type { EnginePorts } from "./state/ports";
import { KnownResults } from "./state/known-results";
import type { RunOverrides } from "./state/run-overrides";

/**
 * What changed. `code`: user code ran, or a definition came or went. `store`: results were removed from the store. `params`: a
 * parameter was defined or got another value. `files`: external files may have other contents.
 */
export type Change = "code" | "store" | "params" | "files";

export class Engine {
  readonly registry = createRegistry();
  readonly instances: Instances;
  readonly params: ParamValues;
  readonly results: KnownResults;
  readonly planner: Planner;
  readonly store: Store;
  readonly log: Log;
  readonly emit: (event: EventBody) => void;
  readonly labelOf: (cell: CellId) => string;
  readonly aliveCell: (cell: CellId) => boolean;
  /** For the execution of stages. */
  readonly context: EngineContext;
  private readonly runs: ActiveRuns;
  private readonly shown: ShownPlan;
  private readonly audits: IdleAudits;
  private readonly forcedBefore = new Set<string>();

  constructor(
    private readonly ports: EnginePorts,
    versions: EngineContext["versions"],
  ) {
    const { store, scopes, clock, overrides, log, reportStoreProblem } = ports;
    this.store = store;
    this.log = log;
    this.labelOf = ports.labelOf;
    this.aliveCell = ports.aliveCell;
    const emitAll = (events: readonly EventBody[]): void => {
      for (const event of events) {
        this.shown.forget(event);
        this.audits.follow(event);
      }
      ports.emitAll(events);
    };
    this.emit = (event) => emitAll([event]);
    this.instances = new Instances(this.registry, scopes, this);
    this.params = new ParamValues({
      savedParams: ports.savedParams,
      secretKey: ports.secretKey,
      scopes,
      clock,
      overrides,
      emit: this.emit,
      log,
    });
    const files = new Files(ports.folder);
    const conditions = new ReadConditions({ instances: this.instances, params: this.params, scopes });
    const outcomes = new Outcomes((instance) => conditions.of(instance));
    this.results = new KnownResults(
      store,
      ports.notebook,
      (message, where) => reportStoreProblem({ message, where }),
      async (instance, value, key) => {
        const isAccepted = await acceptLoaded({ log }, instance, value);
        if (!isAccepted) outcomes.reject(instance, key);
        return isAccepted;
      },
      () => overrides().isHeadless,
      ports.rememberedResults,
    );
    const { registry, instances, params, results, emit, labelOf } = this;
    const observed = new ObservedResults({
      results,
      files,
      clock,
      isRejected: (instance, key) => outcomes.isRejected(instance, key),
    });
    this.planner = new Planner({ instances, params, files, results, observed, outcomes });
    this.context = {
      registry,
      scopes,
      instances,
      params,
      files,
      results,
      observed,
      outcomes,
      planner: this.planner,
      store,
      scratch: new Scratch(store),
      clock,
      get runOverrides() {
        return overrides();
      },
      versions,
      inFlight: new InFlight(),
      emit,
      emitAll,
      labelOf,
      log,
      reportStoreProblem,
      diff: diffParts,
      takeForced: (stage) => this.takeForced(stage),
      recompute: (instance) => this.recompute(instance),
      showInputs: (assessed) => this.shown.showInputs(assessed),
      requestPlan: () => this.shown.request(),
    };
    this.runs = new ActiveRuns(this.context, () => this.endEpoch());
    this.shown = new ShownPlan({
      registry,
      instances,
      planner: this.planner,
      emit,
      log,
      clock,
      isBusy: () => this.runs.isBusy,
    });
    this.audits = new IdleAudits({
      share: ports.auditShare,
      audit: this.audit("thread"),
      isBusy: () => this.runs.isBusy,
      find: (stage) => (registry.stages.get(stage) ? instances.find(stage) : undefined),
      found: (finding) => {
        if (finding.outcome === "failed")
          log("warn", `${finding.stage}: the audit failed: ${finding.why}`, { stage: finding.stage });
      },
      random: Math.random,
    });
  }

  /** The self-audit: computes results again, and compares. */
  audit(place: AuditPlace): Audit {
    return new Audit(this.context, place);
  }

  /** Reports a change: invalidates what it affects, and requests a new plan. */
  changed(what: Change): void {
    if (what === "store") this.results.forget();
    if (what === "code" || what === "store") this.endEpoch();
    this.shown.request();
  }

  /** From now on, changes of the files and folders that plans have read are noticed while the kernel is idle. */
  watchFiles(): void {
    this.context.files.watch.start(() => this.changed("files"));
    this.changed("files");
  }

  /** Resolves when the shown plan takes every change so far into account. */
  planned(): Promise<void> {
    return this.shown.planned();
  }

  /** Plans for a query of user code or a command: everything that the code did before it counts. */
  plan(targets: readonly Instance[], purpose?: PlanPurpose): Promise<FullPlan> {
    this.endEpoch();
    return this.planner.plan(targets, purpose);
  }

  /** The plan of all stages within the current epoch, for a what-if: it must be instant. */
  planAll(overlay?: Overlay): Promise<FullPlan> {
    return this.planner.plan(this.registry.stages.all().map(({ name }) => this.instances.find(name, overlay)));
  }

  /** Stages that would or may run, in order. */
  async outdated(): Promise<readonly PlanRowView[]> {
    this.endEpoch();
    const { assessed } = await this.planAll();
    return [...assessed.values()]
      .filter(({ instance }) => instance.definition.partOf === undefined)
      .map(({ row }) => row)
      .filter(({ action }) => action === "run" || action === "maybe");
  }

  /** The overrides that apply to the code that is executing now. */
  get runOverrides(): RunOverrides {
    return this.ports.overrides();
  }

  /** Runs the targets. Resolves with the outcomes whatever they are; throws only what is wrong before anything runs. */
  run(targets: readonly Instance[], settings?: RunSettings): Promise<RunSummary> {
    return this.runs.run(targets, settings);
  }

  /** Aborts every run. Returns how many there were. */
  cancel(): number {
    return this.runs.cancel();
  }

  /** Throws `param-busy` while a run reads one of the parameters. */
  checkParamsFree(names: readonly string[]): void {
    this.runs.checkParamsFree(names);
  }

  /** Plans an instance under other parameter values too, from now on: a cell shows its result. */
  watch(instance: Instance): void {
    this.shown.watch(instance);
  }

  /** The row of an instance in the last plan. */
  rowOf(id: string): PlanRowView | undefined {
    return this.shown.rowOf(id);
  }

  /** Closures hold for an epoch: from here on, functions and what they reach are read again. */
  private endEpoch(): void {
    this.ports.scopes.forget();
    this.instances.endEpoch();
  }

  private takeForced(stage: string): boolean {
    if (this.forcedBefore.has(stage) || !this.runOverrides.isForced(stage)) return false;
    this.forcedBefore.add(stage);
    return true;
  }

  private async recompute(instance: Instance): Promise<Entry | undefined> {
    const { outcomes } = await this.run([instance], { wantsValues: true });
    const outcome = outcomes.get(instance.id);
    return outcome?.kind === "succeeded" ? outcome.entry : undefined;
  }
}
