/** The status of each cell: whether its output is what executing it now would show, and why not. Used by NotebookCells. */
import { caveatsOf, type CellId, type CellView, type Freshness, type View } from "../../protocol";
import type { Engine } from "../../run/engine";
import type { CellRecord } from "./cell-record";
import type { VariableFlow } from "./variable-flow";
import type { NotebookVariables } from "./variables";

/** The status of a cell, as the page marks it. */
export type Mark = Omit<CellView, "id">;

/** Why the output of a cell is out of date. */
export interface Outdated {
  readonly text: string;
  /** Something that it depends on has failed. */
  readonly isBlocked: boolean;
}

export interface CellStatusParts {
  readonly engine: Engine;
  readonly view: () => View;
  readonly variables: NotebookVariables;
  readonly flow: () => VariableFlow;
  readonly labelOf: (cell: CellId) => string;
  /** The place of a cell's execution among all; 0 for a cell that is gone. */
  readonly sequenceOf: (cell: CellId) => number;
}

export class CellStatuses {
  constructor(private readonly parts: CellStatusParts) {}

  isWorthExecuting(record: CellRecord): boolean {
    if (record.running || this.undoes(record).length > 0) return false;
    if (!record.ok) return this.hasRecovered(record);
    const outdated = this.outdated(record);
    return outdated.length > 0 && outdated.every(({ isBlocked }) => !isBlocked);
  }

  /** A failed cell waits, and so does a cell that needs a value which a failed one did not leave. */
  canExecute(record: CellRecord): boolean {
    if (record.running || (!record.ok && !this.hasRecovered(record)) || this.undoes(record).length > 0) return false;
    return this.outdated(record).every(({ isBlocked }) => !isBlocked);
  }

  /** Whether the stages that it reads are fresh, or only the cell itself can make them so. */
  areFresh(record: CellRecord): boolean {
    return [...record.stages].every(
      ([id, { name }]) => (this.stateOf(id, name)?.status ?? "fresh") === "fresh" || this.isUpToCell(record, id, name),
    );
  }

  /**
   * Whether the cell may do otherwise with a stage when it is executed again: under which parameter values it uses the stage, or how it
   * defines one that has failed, or that cannot run, by itself.
   */
  private isUpToCell(record: CellRecord, id: string, name: string): boolean {
    return id !== name || this.definesCause(record, name, new Set());
  }

  private definesCause(record: CellRecord, name: string, seen: Set<string>): boolean {
    if (seen.has(name)) return true;
    seen.add(name);
    const { stages } = this.parts.view();
    const stage = stages[name];
    if (!stage || this.parts.engine.registry.stages.get(name)?.cell !== record.id) return false;
    if (stage.status !== "blocked") return stage.status === "failed";
    return stage.waitsFor.every((other) => {
      const status = stages[other]?.status;
      return (status !== "failed" && status !== "blocked") || this.definesCause(record, other, seen);
    });
  }

  markOf(record: CellRecord): Mark {
    const outdated = this.outdated(record);
    const reasons = [...new Set(outdated.map(({ text }) => text))];
    if (!record.ok) return this.hasRecovered(record) ? { status: "stale", reasons } : { status: "failed", reasons: [] };
    const { stages } = this.parts.view();
    const defined = this.parts.engine.registry.stages.ofCell(record.id).flatMap(({ name }) => stages[name] ?? []);
    const read = [...record.stages.values()].flatMap(({ name }) => stages[name] ?? []);
    const failed = [...defined, ...read].find((stage) => stage.status === "failed");
    if (failed) return { status: "failed", reasons: [`${failed.name} failed: ${failed.error?.message ?? ""}`] };
    if (reasons.length > 0) {
      const undoes = this.undoes(record).map(
        (name) => `Run stale does not execute it: it would undo the change of ${name}`,
      );
      const isBlocked = undoes.length > 0 || outdated.some((each) => each.isBlocked);
      return {
        status: "stale",
        reasons: [...reasons, ...undoes, ...this.parts.flow().changedBelow(record)],
        ...(isBlocked ? { blocked: true } : {}),
      };
    }
    const stale = defined.filter(
      (stage) =>
        stage.status === "stale" ||
        stage.status === "pending" ||
        stage.status === "blocked" ||
        stage.status === "cancelled",
    );
    if (stale.length > 0)
      return {
        status: "stale",
        reasons: stale.map((stage) => `${stage.name}: ${stage.reasons.map((reason) => reason.text).join("; ")}`),
        ...(stale.every(({ status }) => status === "blocked") ? { blocked: true } : {}),
      };
    const caveats = [
      ...[...new Set([...defined, ...read])].flatMap((stage) =>
        caveatsOf(stage).map((text) => `${stage.name}: ${text}`),
      ),
      ...this.caveats(record),
    ];
    return { status: "fresh", reasons: [], ...(caveats.length > 0 ? { caveats } : {}) };
  }

  /** Why the output may be out of date although no change is known. */
  private caveats(record: CellRecord): readonly string[] {
    return [
      ...[...record.found.keys()].flatMap((name) => this.doubts(record, name)),
      ...this.parts.flow().caveats(record),
    ];
  }

  private doubts(record: CellRecord, name: string): readonly string[] {
    const cells = this.parts.variables
      .doubtsAbout(name)
      .filter((cell) => cell !== record.id && this.parts.sequenceOf(cell) > record.sequence);
    if (cells.length === 0) return [];
    const labels = cells.map((cell) => this.parts.labelOf(cell)).join(", ");
    return [
      `variable ${name} may have been changed in place by ${labels}: its value takes too long to compare, or cannot be compared`,
    ];
  }

  /** The parameters that it set and that have another value now, from the sidebar or another cell: executing it would undo that. */
  private undoes(record: CellRecord): readonly string[] {
    return [...record.setParams].flatMap(([name, digest]) => (this.paramDigest(name) === digest ? [] : [name]));
  }

  private outdated(record: CellRecord): readonly Outdated[] {
    const free = (texts: readonly string[]): Outdated[] => texts.map((text) => ({ text, isBlocked: false }));
    const others = [
      ...free(this.paramReasons(record)),
      ...free(this.shownReasons(record)),
      ...this.parts.flow().reasons(record),
    ];
    const isChanged = others.length > 0 || !record.ok;
    return [...free(this.obstaclesGone(record)), ...this.stageReasons(record, isChanged), ...others];
  }

  /**
   * A failed cell is worth executing again once the stages that failed in it would run again or are fresh, or something else that it read
   * has changed. One that was stopped, or whose names were taken, has not failed by itself.
   */
  private hasRecovered(record: CellRecord): boolean {
    const readFailing = [...record.stages].filter(([, { digest }]) => digest === "");
    const stillFailing = readFailing.filter(([id, { name }]) => !canSucceed(this.stateOf(id, name)?.status));
    if (readFailing.length > 0 && stillFailing.length === 0) return true;
    if (!stillFailing.every(([id, { name }]) => this.isUpToCell(record, id, name))) return false;
    const variables = this.parts.flow().reasons(record);
    if (variables.some(({ isBlocked }) => isBlocked)) return false;
    return [this.obstaclesGone(record), this.paramReasons(record), variables].some((reasons) => reasons.length > 0);
  }

  /** What has ended a failed cell, and does not any more. */
  private obstaclesGone({ ok, running, isInterrupted, taken }: CellRecord): readonly string[] {
    if (ok || running) return [];
    const free = taken.filter(({ isFree }) => isFree());
    return [
      ...(isInterrupted ? ["it was interrupted"] : []),
      ...(free.length === taken.length ? free.map(({ what }) => `no other cell defines ${what} any more`) : []),
    ];
  }

  /** `isChanged`: whether something else that it read has changed, or it has failed. */
  stageReasons(record: CellRecord, isChanged = false): Outdated[] {
    return [...record.stages].flatMap(([id, { name, digest }]): Outdated[] => {
      const now = this.stateOf(id, name);
      if (!now) return [{ text: `${name} no longer exists`, isBlocked: false }];
      if (now.status === "running") return [];
      if (now.status !== "fresh")
        return [
          {
            text: `${name} is ${now.status}${now.reasons ? `: ${now.reasons}` : ""}`,
            isBlocked:
              (now.status === "blocked" || now.status === "failed") &&
              !(isChanged && this.isUpToCell(record, id, name)),
          },
        ];
      return now.digest === digest ? [] : [{ text: `${name} has a new result`, isBlocked: false }];
    });
  }

  /** The current state of a stage. Under other parameter values it comes from the plan, not from the view. */
  private stateOf(id: string, name: string): { status: Freshness; reasons: string; digest?: string } | undefined {
    const stage = this.parts.view().stages[name];
    const now = id === name ? stage : (this.parts.engine.rowOf(id) ?? stage);
    if (!stage || !now) return undefined;
    return {
      status: now.status,
      reasons: now.reasons.map((reason) => reason.text).join("; "),
      digest: now.result?.digest,
    };
  }

  private paramReasons(record: CellRecord): string[] {
    return [...record.params].flatMap(([name, digest]) =>
      this.paramDigest(name) === digest ? [] : [`parameter ${name} changed`],
    );
  }

  private shownReasons(record: CellRecord): string[] {
    return [...new Set(record.shown.flatMap(({ what, text, now }) => (now() === text ? [] : [`${what} changed`])))];
  }

  paramDigest(name: string): string {
    const { params } = this.parts.engine;
    return params.names().includes(name) ? params.digest(params.value(name, new Map())) : "";
  }
}

/** A stage that has failed is stale again once something that it depends on has changed. */
function canSucceed(status: Freshness | undefined): boolean {
  return status !== undefined && status !== "failed" && status !== "blocked" && status !== "running";
}
