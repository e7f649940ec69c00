/** Queries about stages: plan, status, explanation, stored results. They run nothing. Part of the public API of handles. */
import type { Digest, PlanRowView, View } from "../../protocol";
import { caveatsOf, mustGet, StagebookError } from "../../protocol";
import type { Explanation, Freshness, HistoryRow, Plan } from "../../stage/public/plans";
import type { StageQueries, StageRef } from "../../stage/handle";
import { callText } from "../../stage/handle-names";
import type { Store } from "../../store/store";
import type { FullPlan } from "../plan/full-plan";
import type { PlanPurpose } from "../plan/planner";
import type { Instance, Instances } from "../state/instances";
import type { KnownResults } from "../state/known-results";
import { explained, observeShown, planned } from "./shown";
import type { Targets } from "./targets";
import { ExplanationText, planRow, PlanText, removedText, statusText } from "../texts";

export interface QueryParts {
  readonly targets: Targets;
  readonly instances: Instances;
  readonly results: KnownResults;
  readonly store: Store;
  /** The view that the page shows. */
  readonly view: () => View;
  /** Plans in a new epoch. */
  readonly plan: (targets: readonly Instance[], purpose?: PlanPurpose) => Promise<FullPlan>;
}

export class Queries implements StageQueries {
  constructor(private readonly parts: QueryParts) {}

  async plan(ref: StageRef): Promise<Plan> {
    return this.planOf([this.parts.targets.find(ref)], true);
  }

  /** `wantsValues`: for a caller that reads the targets' values, and does not only run them. */
  async planOf(targets: readonly Instance[], wantsValues = false): Promise<Plan> {
    const { assessed } = await this.parts.plan(targets, { isAsked: true, wantsValues });
    const rows = [...assessed.values()].filter(({ instance }) => instance.definition.partOf === undefined);
    // A stage that keeps no result would run whenever it is asked for.
    const shown = rows.filter(({ instance }) => instance.definition.cache && instance.overlay.size === 0);
    observeShown(
      "the plan",
      () => planned(shown.map(({ row }) => this.parts.view().stages[row.stage])),
      () => planned(shown.map(({ row }) => row)),
    );
    return new PlanText(rows.map(({ row }) => planRow(row)));
  }

  async status(ref: StageRef): Promise<Freshness> {
    if (this.parts.view().stages[ref.name]?.status === "running" && !ref.overrides) return "running";
    const { status } = await this.row(ref);
    observeShown(
      statusOf(ref),
      () => this.parts.view().stages[ref.name]?.status ?? "",
      () => (ref.overrides ? undefined : status),
    );
    return status;
  }

  async explain(ref: Pick<StageRef, "name" | "overrides">): Promise<Explanation> {
    const row = await this.row(ref);
    const now = (): string => explained(this.parts.view().stages[ref.name]);
    observeShown(statusOf(ref), now, () => (ref.overrides ? undefined : explained(row)));
    return new ExplanationText(ref.name, row.status, row.reasons, caveatsOf(row));
  }

  async load(ref: StageRef): Promise<unknown> {
    const { targets, results } = this.parts;
    const row = await this.row(ref);
    const instance = targets.find(ref);
    const entry = row.result ? await results.find(instance, row.result.key) : undefined;
    const loaded = entry ? await results.load(entry, instance) : undefined;
    if (!entry || !loaded)
      throw new StagebookError(
        "no-result",
        `stage "${ref.name}" has no up-to-date result: ${row.reasons.map((reason) => reason.text).join("; ") || row.status}`,
        `Run it: ${callText(ref.name)}.`,
        { stage: ref.name },
      );
    targets.observe(instance, entry.output.digest);
    return loaded.value;
  }

  async history(ref: StageRef): Promise<readonly HistoryRow[]> {
    const entries = await this.parts.results.history(ref.name);
    observeShown(`the history of ${ref.name}`, () => this.parts.view().stages[ref.name]?.result?.key ?? "");
    const pinned = await this.parts.store.pinned();
    return entries.map(({ at, key, durationMs, params }) => ({ at, key, durationMs, params, pinned: pinned.has(key) }));
  }

  async pin(ref: StageRef, isPinned: boolean): Promise<void> {
    const latest = await this.latest(ref);
    if (!latest)
      throw new StagebookError(
        "no-result",
        `stage "${ref.name}" has no stored result to pin`,
        `Run it first: ${callText(ref.name)}.`,
        { stage: ref.name },
      );
    await this.parts.store.pin(latest.key, isPinned);
  }

  /** Under other parameter values that of these values alone. */
  private async latest(ref: StageRef): Promise<{ readonly key: Digest } | undefined> {
    return ref.overrides ? (await this.row(ref)).result : this.parts.results.latest(this.parts.targets.find(ref));
  }

  /** The names of the stages that would or may run, sorted, as the page shows them. */
  outdatedNow(): readonly string[] {
    return Object.values(this.parts.view().stages)
      .filter(({ action }) => action === "run" || action === "maybe")
      .map(({ name }) => name)
      .sort();
  }

  checkOutput(stage: string, output: string): void {
    const { outputs } = this.parts.instances.find(stage).definition;
    if (outputs && !outputs.includes(output))
      throw new StagebookError(
        "output-unknown",
        `stage "${stage}" has no output "${output}"`,
        `Its outputs are ${outputs.join(", ")}.`,
        { stage },
      );
  }

  functionOf(name: string): (...args: unknown[]) => unknown {
    return this.parts.instances.find(name).definition.fn;
  }

  /** `strong · stale: minMagnitude 4.5 → 5 · last 120 ms, 1,204 rows · run it with await strong()`. Reads the shown state only. */
  stageText(ref: StageRef): string {
    const text = (): string => this.textOf(ref);
    observeShown(statusOf(ref), text);
    return text();
  }

  private textOf(ref: StageRef): string {
    const stage = this.parts.view().stages[ref.name];
    const name = ref.overrides ? `${ref.name} with ${Object.keys(ref.overrides).join(", ")}` : ref.name;
    return stage ? `${name} · ${statusText(stage)}` : removedText(name);
  }

  private async row(ref: Pick<StageRef, "name" | "overrides">): Promise<PlanRowView> {
    const instance = this.parts.targets.find(ref);
    return mustGet((await this.parts.plan([instance], { isInspected: true })).assessed, instance.id).row;
  }
}

const statusOf = ({ name }: Pick<StageRef, "name">): string => `the status of ${name}`;
