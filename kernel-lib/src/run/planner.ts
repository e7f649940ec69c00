/** What would run, and why. Runs no body and loads no value: it reads entries and the digests recorded in them. */
import { createGraph, reach, type Graph } from "../graph/graph";
import { diffParts } from "../key/diff";
import { createKey, type StageKey } from "../key/key";
import type { Digest, Freshness, PlanAction, PlanRowView, Reason, ResultView } from "../protocol";
import { known, StagebookError } from "../protocol";
import type { Entry } from "../store/store";
import type { Assessment } from "./assessment";
import { Externals } from "./externals";
import type { Files } from "./files";
import { InputDigests, type OutputDigest, type Outside } from "./input-digests";
import type { Instance, Instances } from "./instances";
import type { Outcomes } from "./outcomes";
import type { ParamValues } from "./params";
import { force, makeAgain, shareEqualWork } from "./plan-passes";
import type { Results } from "./results";

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

/** A stage that has no result under its key. */
interface Missed {
  readonly instance: Instance;
  readonly key: StageKey;
  /** Its latest result. */
  readonly latest: Entry | undefined;
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
      new Externals(this.parts.files),
    );
    const partials = await this.parts.results.partials();
    const assessed = new Map<string, Assessment>();
    const forced = new Set(isAsked ? targets.filter(({ definition }) => !definition.cache).map(({ id }) => id) : []);
    for (const id of graph.order) {
      const found = this.assess(known(reached, id), assessed, outside, partials);
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
    for (const id of graph.stuck) assessed.set(id, this.assessStuck(known(reached, id), graph));
    return { graph, assessed };
  }

  /** The key of one instance when the outputs of what it needs are known. Files are digested anew. */
  async keyOf(instance: Instance, outputs: ReadonlyMap<string, OutputDigest>, externals: Externals): Promise<StageKey> {
    const outside = await this.inputs.lookOutside([instance], externals);
    return createKey(instance.definition, this.parts.instances.closure(instance), (ref, path) =>
      this.inputs.digest(instance, ref, path, outside, (id) => outputs.get(id)),
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
  ): Assessment | Promise<Assessment> {
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
    const entry = key.key === undefined ? undefined : this.parts.results.findRemembered(key.key);
    return entry
      ? this.assessFresh(instance, needIds, key, entry)
      : this.assessOpen(instance, needIds, key, above, partials);
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

  /** Without waiting where nothing has to be read. */
  private assessOpen(
    instance: Instance,
    needs: readonly string[],
    key: StageKey,
    above: ReadonlyMap<string, Assessment>,
    partials: ReadonlySet<Digest>,
  ): Assessment | Promise<Assessment> {
    const { results } = this.parts;
    const assess = (judged: Judged, latest: Entry | undefined): Assessment => {
      const isEstimated = judged.action === "run" || judged.action === "maybe";
      return this.assessment(instance, needs, key, judged, isEstimated ? latest?.durationMs : undefined);
    };
    if (key.key !== undefined) {
      const known = key as StageKey & { key: Digest };
      return results.latest(instance).then(async (latest) => assess(await this.judgeKnown(instance, known, latest), latest)); // prettier-ignore
    }
    const pending = (latest: Entry | undefined): Assessment =>
      assess(this.judgePending({ instance, key, latest }, needs, above, partials), latest);
    const latest = results.latestRemembered(instance);
    return latest === undefined ? results.latest(instance).then(pending) : pending(latest ?? undefined);
  }

  private assessment(
    instance: Instance,
    needs: readonly string[],
    key: StageKey,
    judged: Judged,
    estimateMs?: number,
  ): Assessment {
    const reached = this.parts.instances.closure(instance).untracked.map(({ name, why }) => `${name}: ${why}`);
    const untracked = [...new Set([...reached, ...this.inputs.untracked(instance)])];
    const estimate = estimateMs === undefined ? {} : { estimateMs };
    const stage = instance.definition.partOf ?? instance.definition.name;
    return { instance, key, needs, row: { stage, ...judged, untracked, ...estimate } };
  }

  private async judgeKnown(
    instance: Instance,
    key: StageKey & { key: Digest },
    latest: Entry | undefined,
  ): Promise<Judged> {
    const entry = await this.parts.results.find(instance, key.key);
    const outcome = this.parts.outcomes.of(instance, key.key);
    if (entry)
      return {
        action: this.parts.results.isHere(key.key) ? "fresh" : "load",
        status: "fresh",
        reasons: [],
        waitsFor: [],
        result: resultOf(entry),
      };
    const name = instance.definition.name;
    if (outcome?.kind === "failed")
      return {
        action: "run",
        status: "failed",
        reasons: [{ kind: "failed", name, text: `last run failed: ${outcome.message}` }],
        waitsFor: [],
      };
    if (outcome?.kind === "cancelled")
      return {
        action: "run",
        status: "cancelled",
        reasons: [{ kind: "cancelled", name, text: "last run was stopped" }],
        waitsFor: [],
      };
    if (outcome?.kind === "unstored")
      return {
        action: "run",
        status: "stale",
        reasons: [{ kind: outcome.reason, name, text: outcome.message }],
        waitsFor: [],
      };
    return { action: "run", ...this.explainMiss({ instance, key, latest }), waitsFor: [] };
  }

  private judgePending(
    missed: Missed,
    needs: readonly string[],
    above: ReadonlyMap<string, Assessment>,
    partials: ReadonlySet<Digest>,
  ): Judged {
    const waiting = needs
      .map((id) => known(above, id))
      .filter(({ row }) => row.status !== "fresh" || row.action === "run");
    const stopped = waiting.find(
      ({ row }) => row.status === "failed" || row.status === "blocked" || row.status === "cancelled",
    );
    const action: PlanAction = partials.has(missed.key.partial) ? "maybe" : "run";
    const why = this.explainMiss(missed);
    const own = why.reasons.filter((reason) => reason.kind !== "new" && reason.kind !== "lost");
    const waitsFor = waiting.map(({ row }) => row.stage);
    const waits: Reason = { kind: "waiting", name: waitsFor[0] ?? "", text: `waits for ${waitsFor.join(", ")}` };
    if (stopped)
      return {
        // A run tries the stopped one again, unless it can never run.
        action: stopped.row.action === "blocked" ? "blocked" : action,
        status: "blocked",
        reasons: [
          {
            kind: "blocked",
            name: stopped.row.stage,
            text: `${stopped.row.stage} ${stopped.row.status === "failed" ? "failed" : `is ${stopped.row.status}`}`,
          },
        ],
        waitsFor,
      };
    if (why.status === "new") return { action, status: "new", reasons: [...why.reasons, waits], waitsFor };
    return {
      action,
      status: action === "run" && own.length > 0 ? "stale" : "pending",
      reasons: [...own, waits],
      waitsFor,
    };
  }

  /** Compares with the stage's latest result. */
  private explainMiss({ instance, key, latest }: Missed): {
    readonly status: Freshness;
    readonly reasons: readonly Reason[];
  } {
    const name = instance.definition.name;
    if (!latest) return { status: "new", reasons: [{ kind: "new", name, text: "never run" }] };
    const compared =
      key.key === undefined
        ? latest.parts.filter(
            (part) => part.kind !== "input" || key.parts.some((now) => now.kind === "input" && now.name === part.name),
          )
        : latest.parts;
    const reasons = diffParts(compared, key.parts);
    if (reasons.length > 0) return { status: "stale", reasons };
    return { status: "stale", reasons: [{ kind: "lost", name, text: "its stored result is gone" }] };
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

type Judged = Pick<PlanRowView, "action" | "status" | "reasons" | "waitsFor" | "result">;

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
