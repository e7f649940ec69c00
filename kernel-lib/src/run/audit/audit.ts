/**
 * The self-audit: a stored result is computed again, and the two values are compared. A stage whose value differs is not repeatable:
 * it depends on something that no key has. Only that finding is stored; no event is emitted and nothing else is changed.
 */
import { randomUUID } from "node:crypto";
import { CancelToken } from "../../async/cancel-token";
import { Semaphore, type Permit } from "../../async/semaphore";
import type { KnownKey } from "../../key/key";
import { findDifference, type ValueDifference } from "../../key/difference";
import { labelOfRead } from "../../observe";
import { isStagebookError, messageOf, type RunId, type VolatileRead } from "../../protocol";
import { codecNamed } from "../../store/codecs/named-codecs";
import { readItems } from "../../store/codecs/items";
import { decodeValue, type ReadBlob } from "../../store/codecs/value";
import type { StageDefinition } from "../../stage/definition";
import type { Entry } from "../../store/store";
import { callFunction } from "../call/call";
import type { Returned } from "../call/call-parts";
import { fillInputs } from "../call/inputs";
import { createRecorder } from "../call/observed-reads";
import { runTask, type SyncTask } from "../call/sync-task";
import type { EngineContext } from "../engine-context";
import { Run } from "../execute/run";
import { StageCall } from "../execute/stage-call";
import type { Instance } from "../state/instances";
import { callFunctionInThread, checkInputs } from "../threads/kernel/worker-call";

/** What the audit of one stage found. */
export type AuditFinding =
  | { readonly stage: string; readonly outcome: "equal"; readonly durationMs: number }
  | {
      readonly stage: string;
      readonly outcome: "different";
      readonly durationMs: number;
      /** The first place where the values differ. */
      readonly difference: ValueDifference;
      /** What the two executions read beyond their inputs: `file data.csv`. */
      readonly reads: { readonly before: readonly string[]; readonly after: readonly string[] };
    }
  /** It was not computed again, or the execution failed. */
  | { readonly stage: string; readonly outcome: "skipped" | "failed"; readonly why: string };

/** Where stages are executed again: in a thread only, or here as well if they cannot be shipped to a thread. */
export type AuditPlace = "thread" | "anywhere";

const endless: Permit = { lend: (work) => work(), release: () => undefined };

export class Audit {
  /** What the executions emit and log is discarded. */
  private readonly muted: EngineContext;

  constructor(
    private readonly engine: EngineContext,
    private readonly place: AuditPlace,
  ) {
    const silent = (): void => undefined;
    this.muted = Object.create(engine, {
      emit: { value: silent },
      emitAll: { value: silent },
      log: { value: silent },
      showInputs: { value: silent },
      requestPlan: { value: silent },
    }) as EngineContext;
  }

  /** Computes the stage's current result again. Never rejects. */
  async check(instance: Instance, cancelToken = new CancelToken()): Promise<AuditFinding> {
    const stage = instance.definition.name;
    const skipped = (why: string): AuditFinding => ({ stage, outcome: "skipped", why });
    const { cache, volatile, maxAgeMs } = instance.definition;
    if (!cache) return skipped("it stores no result");
    if (volatile === "accept") return skipped("it may differ: volatile is accepted");
    if (maxAgeMs !== undefined) return skipped("it may differ: its results expire");
    try {
      const { assessed } = await this.engine.planner.plan([instance]);
      const isCurrent = [...assessed.values()].every(({ row }) => row.action === "fresh" || row.action === "load");
      if (!isCurrent) return skipped("its result is not current");
      return await this.repeat(instance, cancelToken);
    } catch (error) {
      if (isStagebookError(error) && error.code === "not-shippable")
        return skipped(`it cannot run in a thread: ${error.message}`);
      return { stage, outcome: "failed", why: messageOf(error) };
    }
  }

  private async repeat(instance: Instance, cancelToken: CancelToken): Promise<AuditFinding> {
    const stage = instance.definition.name;
    const since = this.engine.inFlight.enter();
    const run = new Run(this.muted, {
      id: `audit-${randomUUID()}` as RunId,
      since,
      targets: [instance],
      source: "script",
      force: false,
      wantsValues: false,
      permits: new Semaphore(1),
      signal: cancelToken.signal,
    });
    try {
      const outcome = (await run.execute()).get(instance.id);
      if (outcome?.kind !== "succeeded" || run.executed > 0)
        return { stage, outcome: "skipped", why: "its result is not current" };
      const upstream = run.upstreamOf(instance);
      const key: KnownKey = await upstream.key();
      const recorder = createRecorder(this.engine);
      const call = new StageCall(this.muted, { run, instance, upstream, key, recorder, permit: endless, claim: undefined, isShared: false, checkpoints: undefined }, cancelToken); // prettier-ignore
      const returned = await this.call(instance, call);
      const { durationMs } = returned;
      if (returned.encoded.output.digest === outcome.entry.output.digest)
        return { stage, outcome: "equal", durationMs };
      const difference = await this.differenceOf(instance, outcome.entry, returned);
      const { folder } = this.engine.files;
      const reads = {
        before: outcome.entry.parts.filter(({ kind }) => kind === "read").map(({ name }) => name),
        after: recorder.reads().map((read) => labelOfRead(read, folder)),
      };
      await this.mark(instance, outcome.entry, difference);
      return { stage, outcome: "different", durationMs, difference, reads };
    } finally {
      this.engine.inFlight.leave();
    }
  }

  private async call(instance: Instance, call: StageCall): Promise<Returned> {
    const { definition } = instance;
    // Stores nothing, and does not take items from earlier executions.
    const uncached = {
      ...definition,
      cache: false,
      ...(definition.each
        ? { each: { ...definition.each, inThreads: true, cacheItems: false, rangeMs: undefined } }
        : {}),
    };
    const copy = { ...instance, definition: uncached };
    if (definition.each) return runTask(this.callHere(copy, call));
    try {
      await checkInputs(this.muted, copy, call);
      return await callFunctionInThread(this.muted, copy, call, 0);
    } catch (error) {
      const isRefused = isStagebookError(error) && error.code === "not-shippable";
      if (!isRefused || this.place === "thread") throw error;
      return runTask(this.callHere(copy, call));
    }
  }

  private *callHere(instance: Instance, call: StageCall): SyncTask<Returned> {
    const inputs = yield* fillInputs(this.muted, instance, call);
    return yield* callFunction(this.muted, instance, inputs, call);
  }

  private async differenceOf(instance: Instance, entry: Entry, { encoded }: Returned): Promise<ValueDifference> {
    const { codec } = instance.definition;
    const read: ReadBlob = async ({ digest, sizeBytes }) => {
      const pieces = encoded.blobs.find(({ ref }) => ref.digest === digest)?.pieces;
      return pieces ? new Uint8Array(Buffer.concat(pieces)) : this.engine.store.readBlob({ digest, sizeBytes });
    };
    const before = await valueOf(entry.output, codec, this.engine.results.reader(entry));
    const after = await valueOf(encoded.output, codec, read);
    const found = before && after ? findDifference(before.value, after.value) : undefined;
    return found ?? { path: "", before: entry.output.summary, after: encoded.output.summary };
  }

  /** From now on the stored result is named as not repeatable, in every kernel. */
  private async mark(instance: Instance, entry: Entry, { path, before, after }: ValueDifference): Promise<void> {
    const name = `a second execution returned another value${path === "" ? "" : ` at ${path}`}: ${before} → ${after}`;
    const found: VolatileRead = { kind: "audit", name, where: "", marks: true };
    const volatile = [...(entry.volatile ?? []).filter(({ kind }) => kind !== "audit"), found];
    await this.engine.results.commit(instance, { ...entry, volatile }, []);
    this.engine.requestPlan();
  }
}

/** How many items of a stream are compared one by one. */
const MAX_ITEMS = 10_000;

/** The value of an output; of a stream its first items as a list. */
async function valueOf(
  output: Entry["output"],
  own: StageDefinition["codec"],
  read: ReadBlob,
): Promise<{ readonly value: unknown } | undefined> {
  const codec = own ?? codecNamed(output.codec);
  if (output.items === undefined) return decodeValue(output.blobs, codec, read);
  const items: unknown[] = [];
  for await (const item of readItems(output.blobs, codec, read)) {
    items.push(item);
    if (items.length >= MAX_ITEMS) break;
  }
  return { value: items };
}
