/**
 * The share of one process in a stage whose items are executed by many: it claims a range, executes it, publishes its result, and takes
 * the next, until all ranges are done, by any process. The processes know each other only by what they publish: any of them may end at
 * any moment, and others may join.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicNow } from "../../async/clock";
import { isStagebookError, messageOf, type Digest, type RunId } from "../../protocol";
import { joinParts, type StoredItems, type StoredPart } from "../../store/codecs/items";
import type { Claim, ClaimOutcome, HeadName } from "../../store/store";
import type { EngineContext } from "../engine-context";
import type { EachSettings } from "../streams/each";
import { holderHere } from "../../store/records/claim-record";
import type { ItemSource } from "./item-source";
import { patiently } from "./patience";
import { cutsOf, Pace, sizeOf, type Range } from "./range";
import { RangeExecution, type ExecutionPorts } from "./range-execution";
import { workerOf, type RangePrefix, type RangeRecords, type RangeResult } from "./range-records";
import { KnownRanges, type DoneRange, type KnownRange } from "./known-ranges";
import { LEASE_MS, LostRange, RunningRange } from "./running-range";
import { WorkersLog, workerName } from "./workers-log";

/** How often a range that another process has is checked again. */
const POLL_MS = 500;
const RECENT_MS = 5000;
/** Shortest time between two reports of progress within a range. */
const REPORT_MS = 100;
/** How long a process waits for a part of a range before it asks for a part of another one. */
const REQUEST_MS = 15_000;
/** How long reading a result that seems incomplete is retried before it is recomputed. */
const INCOMPLETE_MS = 5000;
/** How long publishing what would be lost if the process ended now is retried. */
const KEEP_PATIENCE_MS = 2000;

export interface WorkerSettings extends EachSettings {
  /** How long a range is to take. */
  readonly rangeMs: number;
  /** Milliseconds per item, of an earlier execution. */
  readonly pastMs: number | undefined;
}

export interface WorkerPorts extends ExecutionPorts {
  readonly run: RunId;
  readonly claimant: HeadName;
  readonly signal: AbortSignal;
  progress(done: number, total: number): void;
}

/** The assembled items of all ranges, and how long executing them took in sum. */
export interface RangesResult {
  readonly stored: StoredItems;
  readonly durationMs: number;
}

export class RangeWorker {
  private readonly known: KnownRanges;
  private readonly pace: Pace;
  private readonly log: WorkersLog;
  private running: RunningRange | undefined;
  /** Finished items of all processes, as they were reported last. */
  private reported = 0;
  private reportedAt = 0;
  /** The request for a part of a range that another process executes. */
  private splitRequest: { readonly range: KnownRange; readonly claim: Claim; readonly until: number } | undefined;

  constructor(
    private readonly engine: EngineContext,
    private readonly records: RangeRecords,
    private readonly source: ItemSource,
    private readonly settings: WorkerSettings,
    private readonly ports: WorkerPorts,
  ) {
    this.known = new KnownRanges(source.length);
    this.pace = new Pace(settings.pastMs);
    const { name: stage, cell } = ports.definition;
    this.log = new WorkersLog(stage, source.length, (level, message, fields) =>
      engine.log(level, message, { stage, cell, run: ports.run, fields }),
    );
  }

  /** Throws what an item throws; ranges that are done stay. */
  async work(): Promise<RangesResult> {
    const { known, ports } = this;
    try {
      for (;;) {
        ports.signal.throwIfAborted();
        this.report();
        const range = known.next(monotonicNow());
        if (range) await this.claimAndProcess(range);
        else if (!known.isDone) await this.waitForOthers();
        else {
          const result = await this.assemble();
          if (result) return result;
        }
      }
    } finally {
      await this.withdrawRequest();
      await this.source.close();
    }
  }

  /** Takes over what is published about the range; if nothing is, claims it, and cuts or executes it. */
  private async claimAndProcess(range: KnownRange): Promise<void> {
    if (await this.applyRecord(range)) return;
    const claimed = await this.claim(this.keyOf(range));
    if ("holder" in claimed) {
      if (!range.holder) this.log.held(range, workerName(claimed.holder));
      this.known.taken(range, claimed.holder, monotonicNow() + POLL_MS);
      return;
    }
    const { claim, after = range.holder } = claimed;
    try {
      // The previous holder may have published it just now.
      if (await this.applyRecord(range)) return;
      if (after) this.log.takenOver(range, workerName(after));
      range.holder = undefined;
      const cuts = range.prefix ? [] : cutsOf(range, this.known.total, this.pace, this.settings.rangeMs);
      if (cuts.length > 0) await this.publishCut(range, cuts);
      else await this.execute(range, claim);
    } finally {
      await claim.release();
    }
  }

  /** Reads the record of the range. False when there is none that says that it is done or cut. */
  private async applyRecord(range: KnownRange): Promise<boolean> {
    if (range.isIncomplete) return false;
    const record = await this.records.find(this.keyOf(range));
    if (record?.kind === "cut") {
      if (record.total !== this.known.total) return false;
      this.known.cut(range, record.cuts);
    } else if (record?.kind === "done") {
      this.ports.recorder.add(record.reads, record.entry.volatile ?? []);
      this.finished(range, { entry: record.entry }, workerOf(record.entry));
    } else {
      range.prefix = record;
      return false;
    }
    return true;
  }

  private async execute(range: KnownRange, claim: Claim): Promise<void> {
    const { ports, source, settings } = this;
    const { prefix } = range;
    const before = prefix && (await patiently(ports.signal, () => this.records.prefix(prefix)));
    let current: KnownRange = range;
    const running = new RunningRange(range, before?.to ?? range.from, claim, {
      signal: ports.signal,
      isSplitRequested: async () =>
        (await this.engine.store.holderOf(this.splitRequestKey(current), LEASE)) !== undefined,
      cutAt: async (index) => {
        const claimed = await this.claim(this.keyOf({ from: current.from, to: index }));
        this.log.gaveAway({ from: index, to: current.to });
        if (execution.prefix) await this.keep({ from: current.from, to: index }, execution.prefix);
        current = await this.publishCut(current, [index]);
        return "claim" in claimed ? claimed.claim : claim;
      },
    });
    const keep = (done: RangePrefix): Promise<void> => this.keep(current, done);
    const count = (): void => this.reportSometimes();
    const execution = new RangeExecution(this.engine, {
      source,
      settings,
      running,
      prefix: before,
      ports,
      keep,
      count,
    });
    this.running = running;
    this.log.took(range);
    try {
      const result = await execution.run().catch(async (error: unknown) => {
        if (!running.signal.aborted) await this.keepFinished(() => current, execution, running);
        throw error;
      });
      await this.finish(current, result, running);
    } catch (error) {
      if (!(error instanceof LostRange)) throw error;
      this.log.lost(current);
      this.known.taken(current, undefined, monotonicNow() + POLL_MS);
    } finally {
      this.running = undefined;
      await running.release();
    }
  }

  /** Without it an execution goes on: more would be lost if it ended now. */
  private async keep(range: Range, prefix: RangePrefix): Promise<void> {
    const { run, signal } = this.ports;
    const publish = (): Promise<void> => this.records.publishPrefix(range, this.known.total, prefix, ME, run);
    await this.tolerated(() => patiently(signal, publish, undefined, KEEP_PATIENCE_MS));
  }

  /** After an error in a range: what is finished of it is published in ranges of its own. Throws LostRange. */
  private async keepFinished(
    current: () => KnownRange,
    execution: RangeExecution,
    running: RunningRange,
  ): Promise<void> {
    const { run, signal } = this.ports;
    const { total } = this.known;
    await running.settle();
    const range = current();
    await this.tolerated(async () => {
      const pieces = await execution.finished();
      for (const { result, ...piece } of pieces)
        await patiently(signal, () => this.records.publishResult(piece, total, result, ME, run), undefined, KEEP_PATIENCE_MS); // prettier-ignore
      const bounds = new Set(pieces.flatMap(({ from, to }) => [from, to]));
      const cuts = [...bounds].filter((index) => index > range.from && index < range.to).sort((a, b) => a - b);
      if (cuts.length > 0) await this.publishCut(range, cuts);
    });
  }

  /** A store that cannot be written is logged. */
  private async tolerated(publish: () => Promise<void>): Promise<void> {
    try {
      await publish();
    } catch (error) {
      if (!isStagebookError(error) || error.code !== "store-write") throw error;
      this.log.warn(`finished items are not stored yet: ${error.message}`);
    }
  }

  private async finish(
    range: KnownRange,
    result: RangeResult & { readonly isStorable: boolean },
    running: RunningRange,
  ): Promise<void> {
    await running.settle();
    const { part, durationMs, isStorable } = result;
    if (!isStorable) {
      this.finished(range, { part, durationMs }, ME);
      return;
    }
    const { total } = this.known;
    const entry = await patiently(this.ports.signal, () =>
      this.records.publishResult(range, total, result, ME, this.ports.run),
    );
    this.finished(range, { entry }, ME);
  }

  private finished(range: KnownRange, done: DoneRange, by: string): void {
    const durationMs = "entry" in done ? done.entry.durationMs : done.durationMs;
    this.pace.add(sizeOf(range), durationMs);
    this.known.finish(range, done);
    this.log.done(range, by, durationMs);
  }

  /** Returns the first piece. */
  private async publishCut(range: KnownRange, cuts: readonly number[]): Promise<KnownRange> {
    const { total } = this.known;
    await patiently(this.ports.signal, () => this.records.publishCut(range, total, cuts, this.ports.run));
    return this.known.cut(range, cuts)[0] ?? range;
  }

  /** All ranges that are not done are in other processes: this one asks for half of what is left of the longest. */
  private async waitForOthers(): Promise<void> {
    const now = monotonicNow();
    const { splitRequest, known } = this;
    if (
      splitRequest &&
      (splitRequest.until < now || splitRequest.range.done || !known.ranges.includes(splitRequest.range))
    )
      await this.withdrawRequest();
    const range = this.splitRequest ? undefined : known.mostLeft();
    if (range) {
      const claimed = await this.claim(this.splitRequestKey(range));
      if ("claim" in claimed) this.splitRequest = { range, claim: claimed.claim, until: now + REQUEST_MS };
    }
    const pauseMs = Math.max(20, Math.min(POLL_MS, known.nextCheckAt() - monotonicNow()));
    await sleep(pauseMs, undefined, { signal: this.ports.signal }).catch(() => undefined);
  }

  private async withdrawRequest(): Promise<void> {
    const { splitRequest } = this;
    this.splitRequest = undefined;
    await splitRequest?.claim.release().catch((error: unknown) => this.log.warn(messageOf(error)));
  }

  /** Undefined when parts of results turn out to be gone: their ranges are executed again. */
  private async assemble(): Promise<RangesResult | undefined> {
    const { known, ports } = this;
    const { ranges } = known;
    const gone: KnownRange[] = [];
    // What a store shows late is awaited once: nothing else that is gone was published after that.
    const find = (range: KnownRange): Promise<StoredPart | undefined> =>
      this.partOf(range, gone.length === 0 ? INCOMPLETE_MS : 0);
    let durationMs = 0;
    async function* parts(): AsyncGenerator<StoredPart, void, undefined> {
      for (const range of ranges) {
        ports.signal.throwIfAborted();
        const part = await find(range);
        durationMs += durationOf(range);
        if (!part) gone.push(range);
        else if (gone.length === 0) yield part;
      }
    }
    const stored = await joinParts(parts(), ports.definition.codec);
    if (gone.length > 0) {
      for (const range of gone) known.reopen(range);
      return undefined;
    }
    this.report();
    this.log.ended();
    return { stored, durationMs };
  }

  private async partOf({ done }: KnownRange, patienceMs: number): Promise<StoredPart | undefined> {
    if (!done || "part" in done) return done?.part;
    if (patienceMs === 0) return this.records.part(done.entry);
    const read = (): Promise<StoredPart | undefined> => this.records.part(done.entry);
    return patiently(this.ports.signal, read, (part) => part !== undefined, patienceMs);
  }

  private claim(key: Digest): Promise<ClaimOutcome> {
    const { store } = this.engine;
    const take = (): Promise<ClaimOutcome> => store.claim(key, this.ports.claimant, LEASE);
    return patiently(this.ports.signal, take, (outcome) => "holder" in outcome || outcome.claim.isUnshared !== true);
  }

  private keyOf(range: { readonly from: number; readonly to: number }): Digest {
    return this.records.keyOf(range, this.known.total);
  }

  private splitRequestKey(range: KnownRange): Digest {
    return this.records.splitRequestKey(range, this.known.total);
  }

  /** After each of many items that take no time. */
  private reportSometimes(): void {
    const now = monotonicNow();
    if (now - this.reportedAt < REPORT_MS) return;
    this.reportedAt = now;
    this.report();
  }

  private report(): void {
    const { known, running } = this;
    // What other processes reported before then is out of date.
    const recently = monotonicNow() - RECENT_MS;
    const done = Math.max(this.reported, known.done + (running?.done ?? 0) + known.doneElsewhere(recently));
    this.reported = Math.min(done, known.total);
    this.ports.progress(this.reported, known.total);
    this.log.progress(this.reported, () => known.heldSince(recently), running);
  }
}

const LEASE = { leaseMs: LEASE_MS };
const ME = workerName(holderHere({ notebook: "", stage: "" }));

function durationOf({ done }: KnownRange): number {
  if (!done) return 0;
  return "entry" in done ? done.entry.durationMs : done.durationMs;
}
