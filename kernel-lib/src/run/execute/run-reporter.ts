/** What a run tells of its stages, and how those end that come to no value. */
import type { Digest, ErrorView, EventBody, RunId } from "../../protocol";
import { messageOf } from "../../protocol";
import type { Entry } from "../../store/store";
import type { EngineContext } from "../engine-context";
import { stageFailed, viewOfError } from "../error-view";
import type { Instance } from "../state/instances";
import type { Outcome } from "../state/outcome";
import { resultOf } from "../plan/planner";

export class RunReporter {
  constructor(
    private readonly engine: EngineContext,
    private readonly run: RunId,
  ) {}

  /** Parts of outputs are nobody's stage: nothing is told of them. */
  emit({ definition }: Instance, event: EventBody): void {
    if (definition.partOf === undefined) this.engine.emit(event);
  }

  retry({ definition }: Instance, failure: unknown, nth: number): void {
    const { name, cell, retries } = definition;
    const text = `${name}: attempt ${nth - 1} of ${retries + 1} failed: ${messageOf(failure)}; it is tried again`;
    this.engine.log("warn", text, { stage: name, cell, run: this.run });
  }

  /** Its result was there; `wasMaybe`: the plan could not say so. */
  reused(instance: Instance, entry: Entry, wasMaybe: boolean): void {
    const about = { run: this.run, stage: instance.definition.name, result: resultOf(entry) };
    this.emit(instance, { type: wasMaybe ? "stage:unchanged" : "stage:cached", ...about });
  }

  /** Its result is that of another stage, or of the same one in another run. */
  shared(instance: Instance, entry: Entry, other: string): void {
    const about = { run: this.run, stage: instance.definition.name, result: resultOf(entry) };
    this.emit(instance, { type: "stage:shared", ...about, with: other });
  }

  cancelled(instance: Instance, key: Digest, durationMs: number): Outcome {
    this.engine.outcomes.set(instance, { kind: "cancelled", key });
    this.tellCancelled(instance, durationMs);
    return { kind: "cancelled" };
  }

  /** Nobody reads the stream that it makes. */
  unread(instance: Instance, durationMs: number): Outcome {
    this.tellCancelled(instance, durationMs);
    return { kind: "cancelled", isUnread: true };
  }

  blocked(instance: Instance, by: string): Outcome {
    this.emit(instance, { type: "stage:blocked", run: this.run, stage: instance.definition.name, by });
    return { kind: "blocked", by };
  }

  /** `key`: absent where it failed before it had one. */
  failed(instance: Instance, key: Digest | undefined, cause: unknown, startedAt: number): Outcome {
    const { name, cell } = instance.definition;
    const error = stageFailed(name, cell, cell ? this.engine.labelOf(cell) : "", cause);
    const view: ErrorView = viewOfError(error, { stage: name, cell });
    if (key !== undefined) this.engine.outcomes.set(instance, { kind: "failed", key, message: view.message });
    const durationMs = this.engine.clock.now() - startedAt;
    this.emit(instance, { type: "stage:failed", run: this.run, stage: name, cell, durationMs, error: view });
    this.engine.log("error", error.message, {
      stage: name,
      cell,
      run: this.run,
      ...(view.stack === undefined ? {} : { fields: { stack: view.stack } }),
    });
    return { kind: "failed", error };
  }

  private tellCancelled(instance: Instance, durationMs: number): void {
    const { name, cell } = instance.definition;
    this.emit(instance, { type: "stage:cancelled", run: this.run, stage: name, cell, durationMs });
  }
}
