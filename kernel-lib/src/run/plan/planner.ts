/** The planner: what would run, and why. It executes no stage and loads no value: it reads entries and the digests recorded in them. */
import { createGraph, reach, type Graph } from "../../graph/graph";
import { createKey, type KnownKey, type StageKey } from "../../key/key";
import { circularDependency, inputMissing, uncacheable } from "../../key/reasons";
import type { Digest, Reason, ResultView } from "../../protocol";
import { isStagebookError, mustGet, type StagebookError } from "../../protocol";
import type { Entry } from "../../store/store";
import { ExternalInputs } from "../external/external-inputs";
import type { Files } from "../external/files";
import type { FullPlan } from "./full-plan";
import { InputDigests, type OutputDigest, type Outside } from "./input-digests";
import type { Found, ObservedResults } from "./observed-results";
import type { Instance, Instances } from "../state/instances";
import {
  classifyExpired,
  classifyKnown,
  classifyPending,
  classifyRejected,
  type Assessment,
  type Classified,
  type CacheMiss,
} from "./classify";
import { LastingPlans } from "./lasting-plans";
import { PendingAssessments } from "./pending-assessments";
import { memo } from "../state/memo";
import type { Outcomes } from "../state/outcomes";
import type { ParamValues } from "../state/params";
import { force, planRecomputations, shareEqualWork } from "./plan-passes";
import type { KnownResults } from "../state/known-results";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";

/** The purpose of a plan. Default: for the page. */
export interface PlanPurpose {
  /** The targets are called: those that store no result run. */
  readonly isAsked?: boolean;
  /** The values of the targets will be read: those that are gone are recomputed. */
  readonly wantsValues?: boolean;
  /** Checks in the store that the values of the targets still exist. */
  readonly isInspected?: boolean;
}

/** What planning reads. */
export interface PlannerParts {
  readonly instances: Instances;
  readonly params: ParamValues;
  readonly files: Files;
  readonly results: KnownResults;
  readonly observed: ObservedResults;
  readonly outcomes: Outcomes;
}

/** An instance of a plan and its upstream. The same object in later plans while its upstream is the same. */
interface Reached {
  readonly instance: Instance;
  readonly needs: readonly Instance[];
  readonly needIds: readonly string[];
  /** Set when it depends on a stage that is no longer defined. */
  readonly missing?: StagebookError;
}

/** The partial keys of all stored results. */
type ReadPartials = () => MaybePromise<ReadonlySet<Digest>>;

type AssessCurrent = (reached: Reached, key: StageKey, entry: Entry) => Assessment;

export class Planner {
  private readonly inputs: InputDigests;
  private readonly lasting: LastingPlans;
  private readonly pending = new PendingAssessments();
  private lastGraph: { readonly reached: readonly Reached[]; readonly graph: Graph } | undefined;

  private readonly current: { readonly fresh: AssessCurrent; readonly load: AssessCurrent };

  constructor(private readonly parts: PlannerParts) {
    this.inputs = new InputDigests(parts);
    this.lasting = new LastingPlans(parts, () => parts.instances.definitionsVersion);
    this.current = { fresh: this.assessCurrent("fresh"), load: this.assessCurrent("load") };
  }

  /** Plans the targets and everything upstream of them. */
  async plan(targets: readonly Instance[], purpose: PlanPurpose = {}): Promise<FullPlan> {
    const known = this.lasting.find(targets);
    if (known && (await this.haveValues(known, targets, purpose))) return known;
    const begun = this.lasting.begin();
    const plan = await this.planAgain(targets, purpose);
    this.lasting.keep(targets, plan, begun);
    return plan;
  }

  /** Whether the values that this purpose needs are in the store. */
  private async haveValues(
    { assessed }: FullPlan,
    targets: readonly Instance[],
    { isAsked = false, wantsValues = false, isInspected = false }: PlanPurpose,
  ): Promise<boolean> {
    // Those that store no result run.
    if (isAsked && targets.some(({ definition }) => !definition.cache)) return false;
    if (!wantsValues && !isInspected) return true;
    for (const { id } of targets) {
      const { key } = mustGet(assessed, id).key;
      const isGone = key === undefined || this.parts.results.isGone(key, true);
      if (isGone instanceof Promise ? await isGone : isGone) return false;
    }
    return true;
  }

  private async planAgain(
    targets: readonly Instance[],
    { isAsked = false, wantsValues = false, isInspected = false }: PlanPurpose,
  ): Promise<FullPlan> {
    const reached = this.reachAll(targets);
    const graph = this.graphOf(reached);
    const outside = await this.inputs.readOutside(
      [...reached.values()].map(({ instance }) => instance),
      new ExternalInputs(this.parts.files),
    );
    const partials = this.readPartialsOnce();
    const assessed = new Map<string, Assessment>();
    const forced = new Set(isAsked ? targets.filter(({ definition }) => !definition.cache).map(({ id }) => id) : []);
    for (const id of graph.order) {
      const found = this.assess(mustGet(reached, id), assessed, outside, partials);
      // Most are available synchronously: awaiting each would take longer than all the rest.
      const assessment = found instanceof Promise ? await found : found;
      assessed.set(id, forced.has(id) ? force(assessment) : assessment);
    }
    shareEqualWork(assessed);
    const ids = new Set(targets.map(({ id }) => id));
    await planRecomputations(assessed, {
      isGone: ({ key }, recheck) => key.key !== undefined && this.parts.results.isGone(key.key, recheck),
      wanted: wantsValues ? ids : new Set(),
      inspected: isInspected ? ids : new Set(),
    });
    for (const id of graph.stuck) assessed.set(id, this.assessStuck(mustGet(reached, id), graph));
    return { targets, graph, assessed };
  }

  /** The key of the declared inputs of one instance when the outputs of its upstream are known. Files are digested again. */
  keyOf(
    instance: Instance,
    outputs: ReadonlyMap<string, OutputDigest>,
    externalInputs: ExternalInputs,
  ): MaybePromise<StageKey> {
    return mapMaybe(this.inputs.readOutside([instance], externalInputs), (outside) =>
      createKey(instance.definition, this.parts.instances.closure(instance), (ref, path) =>
        this.inputs.digest(instance, ref, path, outside, (id) => outputs.get(id)),
      ),
    );
  }

  private reachAll(targets: readonly Instance[]): ReadonlyMap<string, Reached> {
    const reached = new Map<string, Reached>();
    const open = [...targets];
    // In order of definition, then of inputs: the order breaks ties in the graph.
    for (const instance of open) {
      if (reached.has(instance.id)) continue;
      try {
        const needs = this.parts.instances.needs(instance);
        reached.set(instance.id, this.reach(instance, needs));
        for (const need of needs) if (!reached.has(need.id)) open.push(need);
      } catch (error) {
        if (!isStagebookError(error)) throw error;
        reached.set(instance.id, { instance, needs: [], needIds: [], missing: error });
      }
    }
    return reached;
  }

  private readonly reach = memo((instance: Instance, needs: readonly Instance[]): Reached => ({
    instance,
    needs,
    needIds: needs.map(({ id }) => id),
  }));

  /** The same graph while the edges are the same. Not a memo: its inputs are the 10,000 elements of the list, not one object. */
  private graphOf(reached: ReadonlyMap<string, Reached>): Graph {
    const now = [...reached.values()];
    const last = this.lastGraph;
    if (last?.reached.length === now.length && now.every((each, at) => each === last.reached[at])) return last.graph;
    const graph = createGraph(new Map(now.map(({ instance, needIds }) => [instance.id, needIds])));
    this.lastGraph = { reached: now, graph };
    return graph;
  }

  /** Read when the first stage needs them: they grow with every notebook of the store, and a plan without pending keys has no use for them. */
  private readPartialsOnce(): ReadPartials {
    let partials: MaybePromise<ReadonlySet<Digest>> | undefined;
    return () => {
      partials ??= this.parts.results.partials().then((read) => (partials = read));
      return partials;
    };
  }

  private assess(
    reached: Reached,
    above: ReadonlyMap<string, Assessment>,
    outside: Outside,
    partials: ReadPartials,
  ): MaybePromise<Assessment> {
    const { instance, missing } = reached;
    if (missing) return this.blocked(reached, [inputMissing(instance.definition.name, missing.message)]);
    const currentOutput = (id: string): OutputDigest | undefined => {
      const row = above.get(id)?.row;
      return row?.result && row.status === "fresh"
        ? { digest: row.result.digest, summary: row.result.summary }
        : undefined;
    };
    let key: StageKey;
    try {
      key = createKey(instance.definition, this.parts.instances.closure(instance), (ref, path) =>
        this.inputs.digest(instance, ref, path, outside, currentOutput),
      );
    } catch (error) {
      if (!isStagebookError(error)) throw error;
      return this.blocked(reached, [uncacheable(instance.definition.name, error.message)]);
    }
    if (key.key === undefined) return this.assessPending(reached, key, above, partials);
    return mapMaybe(this.parts.observed.find(instance, key as KnownKey), (found) =>
      found.entry ? this.assessFresh(reached, found.key, found.entry) : this.assessKnown(reached, found),
    );
  }

  private assessFresh(reached: Reached, key: StageKey, entry: Entry): Assessment {
    return this.current[this.parts.results.isHere(entry.key) ? "fresh" : "load"](reached, key, entry);
  }

  /** The same assessment while nothing in it has changed. */
  private assessCurrent(action: "fresh" | "load"): AssessCurrent {
    const assess = memo((key: StageKey, reached: Reached, entry: Entry): Assessment => {
      const row = {
        action,
        status: "fresh",
        reasons: [],
        waitsFor: [],
        result: resultOf(entry, reached.instance),
      } as const;
      return { ...this.assessment(reached, key, row), entry };
    });
    return (reached, key, entry) => assess(key, reached, entry);
  }

  private assessKnown(reached: Reached, { key, expired, rejected }: Found): MaybePromise<Assessment> {
    const { results, outcomes } = this.parts;
    const { instance } = reached;
    const { name, maxAgeMs } = instance.definition;
    const outcome = outcomes.of(instance, key.key);
    const unusable = expired ?? rejected;
    if (unusable) {
      const why = expired ? classifyExpired(name, maxAgeMs ?? 0) : classifyRejected(name);
      const miss = { name, key, latest: unusable };
      return this.assessMiss(reached, miss, outcome ? classifyKnown(miss, outcome) : why);
    }
    return mapMaybe(results.latestToCompare(instance), (latest) => {
      const miss = { name, key, latest };
      return this.assessMiss(reached, miss, classifyKnown(miss, outcome));
    });
  }

  private assessPending(
    reached: Reached,
    key: StageKey,
    above: ReadonlyMap<string, Assessment>,
    partials: ReadPartials,
  ): MaybePromise<Assessment> {
    const { instance, needIds } = reached;
    const waiting = needIds
      .map((id) => mustGet(above, id))
      .filter(({ row }) => row.status !== "fresh" || row.action === "run");
    return mapMaybe(this.parts.results.latestToCompare(instance), (latest) =>
      mapMaybe(partials(), (known) => {
        const mayBeStored = known.has(key.partial);
        const outcome = this.parts.outcomes.of(instance, key.partial);
        return this.pending.of(reached, { key, latest, mayBeStored, outcome, waiting }, () => {
          const miss = { name: instance.definition.name, key, latest };
          return this.assessMiss(reached, miss, classifyPending(miss, waiting, mayBeStored, outcome));
        });
      }),
    );
  }

  private assessMiss(reached: Reached, miss: CacheMiss, classified: Classified): Assessment {
    const isEstimated = classified.action === "run" || classified.action === "maybe";
    return this.assessment(reached, miss.key, classified, isEstimated ? miss.latest?.durationMs : undefined);
  }

  private assessment(
    { instance, needIds }: Reached,
    key: StageKey,
    classified: Classified,
    estimateMs?: number,
  ): Assessment {
    const inCode = this.parts.instances.closure(instance).untracked.map(({ name, why }) => `${name}: ${why}`);
    const untracked = [...new Set([...inCode, ...this.inputs.untracked(instance)])];
    const stage = instance.definition.partOf ?? instance.definition.name;
    const row = { stage, ...classified, untracked };
    return { instance, key, needs: needIds, row: estimateMs === undefined ? row : { ...row, estimateMs } };
  }

  private assessStuck(reached: Reached, graph: Graph): Assessment {
    const above = reach([reached.instance.id], graph.upstream);
    const cycle = graph.cycles.find((path) => path.some((name) => above.has(name))) ?? [];
    return this.blocked(reached, [circularDependency(reached.instance.definition.name, cycle)]);
  }

  private blocked({ instance, needIds }: Reached, reasons: readonly Reason[]): Assessment {
    return {
      instance,
      needs: needIds,
      key: { partial: "" as Digest, parts: [], pending: [] },
      row: {
        stage: instance.definition.name,
        action: "blocked",
        status: "blocked",
        reasons,
        waitsFor: [],
        untracked: [],
      },
    };
  }
}

/** The result of an entry, as the page shows it. */
export function resultOf(entry: Entry, { definition }: Instance): ResultView {
  const { volatile } = entry;
  const isNamed = volatile !== undefined && definition.volatile !== "accept";
  return {
    key: entry.key,
    digest: entry.output.digest,
    sizeBytes: entry.output.sizeBytes,
    durationMs: entry.durationMs,
    at: entry.at,
    summary: entry.output.summary,
    ...(isNamed ? { volatile } : {}),
  };
}
