/** What would run, and why. Runs no body and loads no value: it reads entries and the digests recorded in them. */
import { createGraph, reach, type Graph } from "../../graph/graph";
import { createKey, type StageKey } from "../../key/key";
import type { Digest, Reason, ResultView } from "../../protocol";
import { mustGet, StagebookError } from "../../protocol";
import type { Entry } from "../../store/store";
import type { Assessment } from "./assessment";
import type { KnownKey } from "../../key/key";
import { ExternalInputs } from "../external/external-inputs";
import type { Files } from "../external/files";
import { InputDigests, type OutputDigest, type Outside } from "./input-digests";
import type { Instance, Instances } from "../state/instances";
import { classifyKnown, classifyPending, type Classified, type Missed } from "./classify";
import type { Outcomes } from "../state/outcomes";
import type { ParamValues } from "../state/params";
import { force, makeAgain, shareEqualWork } from "./plan-passes";
import type { Results } from "../state/results";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";

export interface FullPlan {
  readonly graph: Graph;
  /** By instance id, in order of running; stages of a cycle last. */
  readonly assessed: ReadonlyMap<string, Assessment>;
}

/** What a plan is made for. By default to be drawn. */
export interface PlanFor {
  /** The targets are asked for: those that keep no result run. */
  readonly isAsked?: boolean;
  /** The values of the targets will be taken: those that are gone are made again. */
  readonly wantsValues?: boolean;
  /** Whether the values of the targets are still in the store is looked at anew. */
  readonly isLookedAt?: boolean;
}

/** What planning reads. */
export interface PlannerParts {
  readonly instances: Instances;
  readonly params: ParamValues;
  readonly files: Files;
  readonly results: Results;
  readonly outcomes: Outcomes;
}

/** An instance that a plan speaks of, and what it needs. */
interface Reached {
  readonly instance: Instance;
  readonly needs: readonly Instance[];
  readonly needIds: readonly string[];
  /** It needs a stage that is defined no more. */
  readonly missing?: StagebookError;
}

export class Planner {
  private readonly inputs: InputDigests;
  private readonly lastReached = new WeakMap<Instance, Reached>();
  private readonly lastFresh = new WeakMap<Instance, { readonly entry: Entry; readonly assessment: Assessment }>();
  private lastGraph: { readonly reached: readonly Reached[]; readonly graph: Graph } | undefined;

  constructor(private readonly parts: PlannerParts) {
    this.inputs = new InputDigests(parts);
  }

  /** The targets and everything that they need. */
  async plan(
    targets: readonly Instance[],
    { isAsked = false, wantsValues = false, isLookedAt = false }: PlanFor = {},
  ): Promise<FullPlan> {
    const reached = this.reachAll(targets);
    const graph = this.graphOf(reached);
    const outside = await this.inputs.lookOutside(
      [...reached.values()].map(({ instance }) => instance),
      new ExternalInputs(this.parts.files),
    );
    const partials = await this.parts.results.partials();
    const assessed = new Map<string, Assessment>();
    const forced = new Set(isAsked ? targets.filter(({ definition }) => !definition.cache).map(({ id }) => id) : []);
    for (const id of graph.order) {
      const found = this.assess(mustGet(reached, id), assessed, outside, partials);
      // Most are there at once: waiting for each would take longer than all the rest.
      const assessment = found instanceof Promise ? await found : found;
      assessed.set(id, forced.has(id) ? force(assessment) : assessment);
    }
    shareEqualWork(assessed);
    const ids = new Set(targets.map(({ id }) => id));
    await makeAgain(assessed, {
      isGone: ({ key }, anew) => key.key !== undefined && this.parts.results.isGone(key.key, anew),
      wanted: wantsValues ? ids : new Set(),
      looks: isLookedAt ? ids : new Set(),
    });
    for (const id of graph.stuck) assessed.set(id, this.assessStuck(mustGet(reached, id), graph));
    return { graph, assessed };
  }

  /** The key of one instance when the outputs of what it needs are known. Files are digested anew. */
  keyOf(
    instance: Instance,
    outputs: ReadonlyMap<string, OutputDigest>,
    externalInputs: ExternalInputs,
  ): MaybePromise<StageKey> {
    return mapMaybe(this.inputs.lookOutside([instance], externalInputs), (outside) =>
      createKey(instance.definition, this.parts.instances.closure(instance), (ref, path) =>
        this.inputs.digest(instance, ref, path, outside, (id) => outputs.get(id)),
      ),
    );
  }

  private reachAll(targets: readonly Instance[]): ReadonlyMap<string, Reached> {
    const reached = new Map<string, Reached>();
    const open = [...targets];
    // In order of definition, then of need: the order breaks ties in the graph.
    for (const instance of open) {
      if (reached.has(instance.id)) continue;
      try {
        const needs = this.parts.instances.needs(instance);
        const last = this.lastReached.get(instance);
        const now = last?.needs === needs ? last : { instance, needs, needIds: needs.map((need) => need.id) };
        if (now !== last) this.lastReached.set(instance, now);
        reached.set(instance.id, now);
        for (const need of needs) if (!reached.has(need.id)) open.push(need);
      } catch (error) {
        if (!(error instanceof StagebookError)) throw error;
        reached.set(instance.id, { instance, needs: [], needIds: [], missing: error });
      }
    }
    return reached;
  }

  /** The same graph as long as the edges are the same. */
  private graphOf(reached: ReadonlyMap<string, Reached>): Graph {
    const now = [...reached.values()];
    const last = this.lastGraph;
    if (last?.reached.length === now.length && now.every((each, at) => each === last.reached[at])) return last.graph;
    const graph = createGraph(new Map(now.map(({ instance, needIds }) => [instance.id, needIds])));
    this.lastGraph = { reached: now, graph };
    return graph;
  }

  private assess(
    { instance, needIds, missing }: Reached,
    above: ReadonlyMap<string, Assessment>,
    outside: Outside,
    partials: ReadonlySet<Digest>,
  ): MaybePromise<Assessment> {
    if (missing)
      return this.blocked(instance, needIds, [
        { kind: "blocked", name: instance.definition.name, text: missing.message },
      ]);
    const currentOutput = (id: string): OutputDigest | undefined => {
      const row = above.get(id)?.row;
      return row?.result && row.status === "fresh"
        ? { digest: row.result.digest as Digest, summary: row.result.summary }
        : undefined;
    };
    let key: StageKey;
    try {
      key = createKey(instance.definition, this.parts.instances.closure(instance), (ref, path) =>
        this.inputs.digest(instance, ref, path, outside, currentOutput),
      );
    } catch (error) {
      if (!(error instanceof StagebookError)) throw error;
      return this.blocked(instance, needIds, [
        { kind: "uncacheable", name: instance.definition.name, text: error.message },
      ]);
    }
    if (key.key === undefined) return this.assessPending(instance, needIds, key, above, partials);
    const entry = this.parts.results.findRemembered(key.key);
    return entry
      ? this.assessFresh(instance, needIds, key, entry)
      : this.assessKnown(instance, needIds, key as KnownKey);
  }

  /** The same assessment as long as nothing in it has changed. */
  private assessFresh(instance: Instance, needs: readonly string[], key: StageKey, entry: Entry): Assessment {
    const action = this.parts.results.isHere(entry.key) ? "fresh" : "load";
    const last = this.lastFresh.get(instance);
    if (last?.entry === entry && last.assessment.key === key) {
      const { assessment } = last;
      if (assessment.needs === needs && assessment.row.action === action) return assessment;
    }
    const row = { action, status: "fresh", reasons: [], waitsFor: [], result: resultOf(entry) } as const;
    const assessment = this.assessment(instance, needs, key, row);
    this.lastFresh.set(instance, { entry, assessment });
    return assessment;
  }

  private assessKnown(instance: Instance, needs: readonly string[], key: KnownKey): MaybePromise<Assessment> {
    const { results, outcomes } = this.parts;
    return mapMaybe(results.find(instance, key.key), (entry) => {
      if (entry) return this.assessFresh(instance, needs, key, entry);
      return mapMaybe(results.latest(instance), (latest) => {
        const missed = { name: instance.definition.name, key, latest };
        return this.assessMissed(instance, needs, missed, classifyKnown(missed, outcomes.of(instance, key.key)));
      });
    });
  }

  private assessPending(
    instance: Instance,
    needs: readonly string[],
    key: StageKey,
    above: ReadonlyMap<string, Assessment>,
    partials: ReadonlySet<Digest>,
  ): MaybePromise<Assessment> {
    const waiting = needs
      .map((id) => mustGet(above, id))
      .filter(({ row }) => row.status !== "fresh" || row.action === "run");
    return mapMaybe(this.parts.results.latest(instance), (latest) => {
      const missed = { name: instance.definition.name, key, latest };
      return this.assessMissed(instance, needs, missed, classifyPending(missed, waiting, partials.has(key.partial)));
    });
  }

  private assessMissed(instance: Instance, needs: readonly string[], missed: Missed, judged: Classified): Assessment {
    const isEstimated = judged.action === "run" || judged.action === "maybe";
    return this.assessment(instance, needs, missed.key, judged, isEstimated ? missed.latest?.durationMs : undefined);
  }

  private assessment(
    instance: Instance,
    needs: readonly string[],
    key: StageKey,
    judged: Classified,
    estimateMs?: number,
  ): Assessment {
    const reached = this.parts.instances.closure(instance).untracked.map(({ name, why }) => `${name}: ${why}`);
    const untracked = [...new Set([...reached, ...this.inputs.untracked(instance)])];
    const stage = instance.definition.partOf ?? instance.definition.name;
    const row = { stage, ...judged, untracked };
    return { instance, key, needs, row: estimateMs === undefined ? row : { ...row, estimateMs } };
  }

  private assessStuck(reached: Reached, graph: Graph): Assessment {
    const above = reach([reached.instance.id], graph.needs);
    const cycle = graph.cycles.find((path) => path.some((name) => above.has(name))) ?? [];
    return this.blocked(reached.instance, reached.needIds, [
      { kind: "blocked", name: reached.instance.definition.name, text: `in a circle: ${cycle.join(" → ")}` },
    ]);
  }

  private blocked(instance: Instance, needs: readonly string[], reasons: readonly Reason[]): Assessment {
    return {
      instance,
      needs,
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

/** What the page shows of an entry. */
export function resultOf(entry: Entry): ResultView {
  return {
    key: entry.key,
    digest: entry.output.digest,
    sizeBytes: entry.output.sizeBytes,
    durationMs: entry.durationMs,
    at: entry.at,
    summary: entry.output.summary,
  };
}
