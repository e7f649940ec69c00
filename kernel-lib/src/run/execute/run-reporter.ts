/** The reporter of a run: events and log lines about its stages, and the outcomes that go with them. */
import type { Digest, ErrorView, EventBody, Reason, RunId } from "../../protocol";
import { messageOf } from "../../protocol";
import type { Entry, Holder } from "../../store/store";
import type { ExecutionResult } from "../call/call-parts";
import type { EngineContext } from "../engine-context";
import { stageFailed, viewOfError } from "../error-view";
import type { Assessment } from "../plan/classify";
import { resultOf } from "../plan/planner";
import type { Instance } from "../state/instances";
import type { Outcome } from "../state/outcome";

export class RunReporter {
  constructor(
    private readonly engine: EngineContext,
    private readonly runId: RunId,
  ) {}

  /** Nothing is emitted for a stage that is not shown. */
  emit({ definition }: Instance, event: EventBody): void {
    if (isShown({ definition })) this.engine.emit(event);
  }

  /** What the run is about to do. */
  planned(assessed: readonly Assessment[]): void {
    const shown = assessed.filter(({ instance }) => isShown(instance));
    this.engine.emitAll(
      shown.map(({ row: { stage, action, reasons } }) => ({
        type: "stage:planned",
        run: this.runId,
        stage,
        action,
        reasons,
      })),
    );
  }

  /** Their stored results are used, as planned. */
  foundFresh(assessed: readonly Assessment[]): void {
    const shown = assessed.filter(({ instance }) => isShown(instance));
    this.engine.emitAll(
      shown.flatMap(({ row: { stage, result } }) =>
        result ? [{ type: "stage:cached", run: this.runId, stage, result }] : [],
      ),
    );
  }

  /** Another kernel is executing it. */
  waiting(instance: Instance, holder: Holder): void {
    const { name: stage, cell } = instance.definition;
    this.emit(instance, { type: "stage:waiting", run: this.runId, stage, cell, holder });
  }

  running(instance: Instance, reasons: readonly Reason[]): void {
    const { name: stage, cell } = instance.definition;
    this.emit(instance, { type: "stage:running", run: this.runId, stage, cell, reasons });
  }

  /** `attempt`: the one that begins now, counted from 1. */
  retrying({ definition }: Instance, failure: unknown, attempt: number): void {
    const { name, cell, retries } = definition;
    const text = `${name}: attempt ${attempt - 1} of ${retries + 1} failed: ${messageOf(failure)}; retrying`;
    this.engine.log("warn", text, { stage: name, cell, run: this.runId });
  }

  succeeded(instance: Instance, { loaded, entry, stored }: ExecutionResult): Outcome {
    const { name: stage, cell } = instance.definition;
    if (stored) this.engine.outcomes.clear(instance);
    const result = resultOf(entry, instance);
    this.emit(instance, { type: "stage:succeeded", run: this.runId, stage, cell, result, stored });
    return { kind: "succeeded", entry, ...(loaded ? { loaded } : {}) };
  }

  /** A stored result is used; `wasMaybe`: the plan could not know that. */
  reused(instance: Instance, entry: Entry, wasMaybe: boolean): void {
    const { name: stage } = instance.definition;
    const type = wasMaybe ? "stage:unchanged" : "stage:cached";
    this.emit(instance, { type, run: this.runId, stage, result: resultOf(entry, instance) });
  }

  /** The result of another stage is used, or of the same one in another run. */
  shared(instance: Instance, entry: Entry, other: string): void {
    const { name: stage } = instance.definition;
    this.emit(instance, {
      type: "stage:shared",
      run: this.runId,
      stage,
      result: resultOf(entry, instance),
      with: other,
    });
  }

  cancelled(instance: Instance, key: Digest, durationMs: number): Outcome {
    this.engine.outcomes.set(instance, { kind: "cancelled", key });
    this.emitCancelled(instance, durationMs);
    return { kind: "cancelled" };
  }

  /** Nobody reads the stream that it returns. */
  unread(instance: Instance, key: Digest, durationMs: number): Outcome {
    const message = "its last result was not stored: its readers left before the end of the stream";
    this.engine.outcomes.set(instance, { kind: "unstored", key, reason: "uncacheable", message });
    this.emitCancelled(instance, durationMs);
    return { kind: "cancelled", isUnread: true };
  }

  blocked(instance: Instance, by: string): Outcome {
    this.emit(instance, { type: "stage:blocked", run: this.runId, stage: instance.definition.name, by });
    return { kind: "blocked", by };
  }

  /** `key`: absent when it failed before its key was known. */
  failed(instance: Instance, key: Digest | undefined, cause: unknown, startedAt: number): Outcome {
    const { name, cell } = instance.definition;
    const error = stageFailed(name, cell, cell ? this.engine.labelOf(cell) : "", cause);
    const view: ErrorView = viewOfError(error, { stage: name, cell });
    if (key !== undefined) this.engine.outcomes.fail(instance, key, view.message);
    const durationMs = this.engine.clock.now() - startedAt;
    this.emit(instance, { type: "stage:failed", run: this.runId, stage: name, cell, durationMs, error: view });
    this.engine.log("error", error.message, {
      stage: name,
      cell,
      run: this.runId,
      ...(view.stack === undefined ? {} : { fields: { stack: view.stack } }),
    });
    return { kind: "failed", error };
  }

  private emitCancelled(instance: Instance, durationMs: number): void {
    const { name, cell } = instance.definition;
    this.emit(instance, { type: "stage:cancelled", run: this.runId, stage: name, cell, durationMs });
  }
}

/** Stages that are parts of outputs are internal. */
function isShown({ definition }: Pick<Instance, "definition">): boolean {
  return definition.partOf === undefined;
}
