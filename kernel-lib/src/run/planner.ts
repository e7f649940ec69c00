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
}

/** What planning reads. */
export interface PlannerParts {
  readonly instances: Instances;
  readonly params: ParamValues;
  readonly files: Files;
  readonly results: Results;
  readonly outcomes: Outcomes;
}

export class Planner {
  private readonly inputs: InputDigests;

  constructor(private readonly parts: PlannerParts) {
    this.inputs = new InputDigests(parts);
  }

  /** The targets and everything that they need. */
  async plan(targets: readonly Instance[], { isAsked = false, wantsValues = false }: PlanFor = {}): Promise<FullPlan> {
    const reached = this.reachAll(targets);
    const graph = createGraph(new Map([...reached].map(([id, { needs }]) => [id, needs])));
    const outside = await this.inputs.lookOutside(
      [...reached.values()].map(({ instance }) => instance),
      new Externals(this.parts.files),
    );
    const partials = await this.parts.results.partials();
    const assessed = new Map<string, Assessment>();
    const forced = new Set(isAsked ? targets.filter(({ definition }) => !definition.cache).map(({ id }) => id) : []);
    for (const id of graph.order) {
      const assessment = await this.assess(known(reached, id), assessed, outside, partials);
      assessed.set(id, forced.has(id) ? force(assessment) : assessment);
    }
    shareEqualWork(assessed);
    makeAgain(assessed, {
      isGone: ({ key }) => key.key !== undefined && this.parts.results.isGone(key.key),
      wanted: new Set(wantsValues ? targets.map(({ id }) => id) : []),
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

  private reachAll(
    targets: readonly Instance[],
  ): Map<string, { instance: Instance; needs: readonly string[]; missing?: StagebookError }> {
    const reached = new Map<string, { instance: Instance; needs: readonly string[]; missing?: StagebookError }>();
    const open = [...targets];
    // In order of definition, then of need: the order breaks ties in the graph.
    for (const instance of open) {
      if (reached.has(instance.id)) continue;
      try {
        const needs = this.parts.instances.needs(instance);
        reached.set(instance.id, { instance, needs: needs.map((need) => need.id) });
        open.push(...needs);
      } catch (error) {
        if (!(error instanceof StagebookError)) throw error;
        reached.set(instance.id, { instance, needs: [], missing: error });
      }
    }
    return reached;
  }

  private async assess(
    reached: { instance: Instance; needs: readonly string[]; missing?: StagebookError },
    above: ReadonlyMap<string, Assessment>,
    outside: Outside,
    partials: ReadonlySet<Digest>,
  ): Promise<Assessment> {
    const { instance, needs, missing } = reached;
    if (missing)
      return this.blocked(instance, needs, [
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
      return this.blocked(instance, needs, [
        { kind: "uncacheable", name: instance.definition.name, text: error.message },
      ]);
    }
    const judged =
      key.key === undefined
        ? await this.judgePending(instance, key, needs, above, partials)
        : await this.judgeKnown(instance, key as StageKey & { key: Digest });
    const untracked = this.parts.instances.closure(instance).untracked.map(({ name, why }) => `${name}: ${why}`);
    const estimateMs =
      judged.action === "run" || judged.action === "maybe"
        ? (await this.parts.results.latest(instance))?.durationMs
        : undefined;
    return {
      instance,
      key,
      needs,
      row: {
        stage: instance.definition.partOf ?? instance.definition.name,
        ...judged,
        untracked,
        ...(estimateMs === undefined ? {} : { estimateMs }),
      },
    };
  }

  private async judgeKnown(instance: Instance, key: StageKey & { key: Digest }): Promise<Judged> {
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
    return { action: "run", ...(await this.explainMiss(instance, key)), waitsFor: [] };
  }

  private async judgePending(
    instance: Instance,
    key: StageKey,
    needs: readonly string[],
    above: ReadonlyMap<string, Assessment>,
    partials: ReadonlySet<Digest>,
  ): Promise<Judged> {
    const waiting = needs
      .map((id) => known(above, id))
      .filter(({ row }) => row.status !== "fresh" || row.action === "run");
    const stopped = waiting.find(
      ({ row }) => row.status === "failed" || row.status === "blocked" || row.status === "cancelled",
    );
    const action: PlanAction = partials.has(key.partial) ? "maybe" : "run";
    const missed = await this.explainMiss(instance, key);
    const own = missed.reasons.filter((reason) => reason.kind !== "new" && reason.kind !== "lost");
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
    if (missed.status === "new") return { action, status: "new", reasons: [...missed.reasons, waits], waitsFor };
    return {
      action,
      status: action === "run" && own.length > 0 ? "stale" : "pending",
      reasons: [...own, waits],
      waitsFor,
    };
  }

  /** Compares with the stage's latest result. */
  private async explainMiss(
    instance: Instance,
    key: StageKey,
  ): Promise<{ readonly status: Freshness; readonly reasons: readonly Reason[] }> {
    const name = instance.definition.name;
    const latest = await this.parts.results.latest(instance);
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

  private assessStuck(reached: { instance: Instance; needs: readonly string[] }, graph: Graph): Assessment {
    const above = reach([reached.instance.id], graph.needs);
    const cycle = graph.cycles.find((path) => path.some((name) => above.has(name))) ?? [];
    return this.blocked(reached.instance, reached.needs, [
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
