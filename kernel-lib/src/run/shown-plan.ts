/** The plan that the page shows: kept up to date after changes, and emitted only where it differs from what was emitted before. */
import type { EventBody, InputView, PlanRowView } from "../protocol";
import { messageOf, notRepeatable, traceOf } from "../protocol";
import type { Registry } from "../stage/registry";
import type { FullPlan } from "./plan/full-plan";
import type { Planner } from "./plan/planner";
import { Refresher } from "./refresher";
import type { Instance, Instances } from "./state/instances";
import type { Log } from "./state/logger";
import type { Clock } from "./state/ports";

/** How many results under other parameter values are planned for the cells that show them. */
const MAX_WATCHED = 100;
/** Results that expire are planned again at most this often, in milliseconds. */
const MIN_EXPIRY_MS = 100;
/** The longest timer of Node, in milliseconds. */
const MAX_TIMER_MS = 2_147_483_647;

export interface ShownPlanParts {
  readonly registry: Registry;
  readonly instances: Instances;
  readonly planner: Planner;
  readonly emit: (event: EventBody) => void;
  readonly log: Log;
  readonly clock: Clock;
  /** Whether stages are running: then plans are made less often. */
  readonly isBusy: () => boolean;
}

export class ShownPlan {
  private readonly rows = new Map<string, Emitted<PlanRowView>>();
  private readonly inputs = new Map<string, Emitted<ReturnType<Instances["refs"]>>>();
  /** Stages that have changed since the plan in progress began: its rows for them are out of date. */
  private readonly changedMeanwhile = new Set<string>();
  private readonly warned = new Set<string>();
  private readonly watched = new Map<string, Instance>();
  private readonly refresher: Refresher;
  private assessed: FullPlan["assessed"] = new Map();
  /** The plan whose edges were shown last. */
  private lastInputs: FullPlan["assessed"] | undefined;
  private expiry: NodeJS.Timeout | undefined;

  constructor(private readonly parts: ShownPlanParts) {
    this.refresher = new Refresher(() => this.update(), parts.isBusy);
  }

  /** Requests a plan; many requests make one plan. */
  request(): void {
    this.refresher.request();
  }

  /** Resolves when the shown plan takes every change so far into account. */
  planned(): Promise<void> {
    return this.refresher.settled();
  }

  /** Plans an instance under other parameter values too, from now on: a cell shows its result. */
  watch(instance: Instance): void {
    this.watched.set(instance.id, instance);
    const oldest = this.watched.keys().next();
    if (this.watched.size > MAX_WATCHED && oldest.done !== true) this.watched.delete(oldest.value);
  }

  /** The row of an instance in the last plan. */
  rowOf(id: string): PlanRowView | undefined {
    return this.assessed.get(id)?.row;
  }

  /** An event that changes a stage in the view invalidates what was emitted about it: the next plan emits it again. */
  forget(event: EventBody): void {
    if (this.leavesShown(event)) return;
    if ("stage" in event && typeof event.stage === "string") {
      this.rows.delete(event.stage);
      // Progress is reported often, and leaves the status as it is.
      if (event.type !== "stage:progress") this.changedMeanwhile.add(event.stage);
    }
    if (event.type === "stage:defined") {
      this.rows.delete(event.stage.name);
      this.inputs.delete(event.stage.name);
      this.lastInputs = undefined;
    }
  }

  /** Most events of a run that finds everything fresh say what is shown already. */
  private leavesShown(event: EventBody): boolean {
    if (event.type === "stage:planned") return event.action === "fresh" || event.action === "load";
    if (event.type !== "stage:cached") return false;
    const { action, status, reasons, result } = this.rows.get(event.stage)?.source ?? {};
    return action === "fresh" && status === "fresh" && reasons?.length === 0 && result === event.result;
  }

  private async update(): Promise<void> {
    const { registry, instances, planner, log } = this.parts;
    this.changedMeanwhile.clear();
    try {
      const stages = registry.stages.all().map(({ name }) => instances.find(name));
      const watched = [...this.watched.values()].filter(({ definition }) => registry.stages.get(definition.name));
      const current = watched.map(({ definition, overlay }) => instances.find(definition.name, overlay));
      this.show(await planner.plan([...stages, ...current]));
    } catch (error) {
      const stack = traceOf(error);
      log("error", `planning failed: ${messageOf(error)}`, { fields: { stack } });
    }
  }

  /** Shows the edges of the stages of a plan: also of the plan of a run, which may be over before the next shown plan. */
  showInputs(assessed: FullPlan["assessed"]): void {
    if (assessed === this.lastInputs) return;
    this.lastInputs = assessed;
    const { instances, emit } = this.parts;
    const inputs: Record<string, readonly InputView[]> = {};
    for (const { instance } of assessed.values()) {
      if (!this.isShown(instance)) continue;
      const { name } = instance.definition;
      const refs = instances.refs(instance);
      if (this.inputs.get(name)?.source === refs) continue;
      const views = instances.inputViews(instance);
      if (hasChanged(this.inputs, name, refs, JSON.stringify(views))) inputs[name] = views;
    }
    if (Object.keys(inputs).length > 0) emit({ type: "graph:changed", inputs });
  }

  private isShown({ definition, overlay }: Instance): boolean {
    return (
      definition.partOf === undefined &&
      overlay.size === 0 &&
      this.parts.registry.stages.get(definition.name) !== undefined
    );
  }

  private show({ assessed }: FullPlan): void {
    const { emit } = this.parts;
    const rows: PlanRowView[] = [];
    this.assessed = assessed;
    this.showInputs(assessed);
    for (const { instance, row } of assessed.values()) {
      if (!this.isShown(instance)) continue;
      const { name } = instance.definition;
      if (this.changedMeanwhile.has(name)) {
        this.request();
        continue;
      }
      if (this.rows.get(name)?.source !== row && hasChanged(this.rows, name, row, JSON.stringify(row))) rows.push(row);
      this.warnOfCaveats(instance, row);
    }
    if (rows.length > 0) emit({ type: "plan:refined", rows });
    this.planWhenExpired(assessed);
  }

  /** Plans again when the first result becomes older than its stage allows. */
  private planWhenExpired(assessed: FullPlan["assessed"]): void {
    clearTimeout(this.expiry);
    let next = Infinity;
    for (const { instance, row } of assessed.values()) {
      const { maxAgeMs } = instance.definition;
      if (maxAgeMs !== undefined && row.result) next = Math.min(next, row.result.at + maxAgeMs);
    }
    if (next === Infinity) return;
    const waitMs = Math.min(Math.max(next - this.parts.clock.now(), MIN_EXPIRY_MS), MAX_TIMER_MS);
    this.expiry = setTimeout(() => this.request(), waitMs).unref();
  }

  /** Once for each. */
  private warnOfCaveats({ definition: { cell } }: Instance, row: PlanRowView): void {
    const { stage, untracked } = row;
    const volatile = notRepeatable(row);
    if (untracked.length === 0 && volatile.length === 0) return;
    const texts = [
      ...untracked.map((what) => `${stage} depends on something Stagebook cannot track: ${what}`),
      ...volatile.map((what) => `${stage} is not repeatable: its result depends on ${what}`),
    ];
    for (const text of texts.filter((each) => !this.warned.has(each))) {
      this.warned.add(text);
      this.parts.log("warn", text, { stage, cell });
    }
  }
}

/** What was emitted last about a stage, and the object that it was computed from: the same object needs no comparison. */
interface Emitted<T> {
  readonly source: T;
  readonly text: string;
}

function hasChanged<T>(emitted: Map<string, Emitted<T>>, name: string, source: T, text: string): boolean {
  const before = emitted.get(name);
  emitted.set(name, { source, text });
  return before?.text !== text;
}
