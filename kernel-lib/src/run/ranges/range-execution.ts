/**
 * The execution of one range in this process. What its items return is stored as it is produced, and the progress is published every few
 * seconds: neither a failing item nor the end of the process loses the items that were finished before.
 */
import { monotonicNow } from "../../async/clock";
import { observing, unobserved, type ReadRecorder } from "../../observe";
import { isStagebookError } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";
import { firstItems, ItemDigests, storeItems, type StoredChunk, type StoredPart } from "../../store/codecs/items";
import type { BlobRef, NewBlob } from "../../store/store";
import type { EngineContext } from "../engine-context";
import { mapItems, type EachSettings, type FinishedItem } from "../streams/each";
import type { ItemSource } from "./item-source";
import { patiently } from "./patience";
import { sizeOf, type Range } from "./range";
import type { RangePrefix, RangeResult } from "./range-records";
import type { RunningRange } from "./running-range";

/** When finished items are first published, and the longest interval after that; intervals double in between. */
const FIRST_KEEP_MS = 1000;
const KEEP_MS = 5000;
/** How long an error of an item is held back until the finished items are stored. */
const FAILED_MS = 5000;

export interface ExecutionPorts {
  readonly definition: StageDefinition;
  /** What the execution of the stage as a whole has read. */
  readonly recorder: ReadRecorder;
  createRecorder(): ReadRecorder;
  /** The results of an item. */
  call(item: unknown, index: number): unknown;
  /** See `EachPorts`. */
  failed(error: unknown): void;
  readonly limit: (() => number) | undefined;
  /** What executing a range has recorded beside its items; undefined when it must not be stored, because something has changed meanwhile. */
  leftBy(recorder: ReadRecorder): Promise<Pick<RangeResult, "reads" | "volatile"> | undefined>;
}

export interface ExecutionParts {
  readonly source: ItemSource;
  readonly settings: EachSettings;
  readonly running: RunningRange;
  /** Of an earlier execution: this one continues after it. */
  readonly prefix: RangePrefix | undefined;
  readonly ports: ExecutionPorts;
  /** Publishes the first items of the range. */
  keep(prefix: RangePrefix): Promise<void>;
  /** Called after each item. */
  count(): void;
}

/** Consecutive items of a range that are finished. */
export interface FinishedPiece extends Range {
  readonly result: RangeResult;
}

export class RangeExecution {
  /** The first items of the range, as they were published last. */
  prefix: RangePrefix | undefined;
  private readonly recorder: ReadRecorder;
  private readonly digests = new ItemDigests();
  private readonly chunks: StoredChunk[] = [];
  /** How many results there were when each item had ended, in the order of the items that are executed here. */
  private readonly ends: number[] = [];
  private later: readonly FinishedItem[] = [];
  private readonly startedAt = monotonicNow();
  private keptAt = monotonicNow();
  private keepMs = FIRST_KEEP_MS;
  private isKeeping = false;

  constructor(
    private readonly engine: EngineContext,
    private readonly parts: ExecutionParts,
  ) {
    const { prefix, ports } = parts;
    this.prefix = prefix;
    this.recorder = ports.createRecorder();
    if (prefix) this.recorder.add(prefix.reads, prefix.volatile);
  }

  /** The results of all items. Throws what an item throws; `finished` then returns the completed items. */
  async run(): Promise<RangeResult & { readonly isStorable: boolean }> {
    const { ports, running } = this.parts;
    let late: NodeJS.Timeout | undefined;
    const failed = (error: unknown): void => {
      // A store that cannot be reached does not keep the error back for long.
      if (!running.signal.aborted) late ??= setTimeout(() => ports.failed(error), FAILED_MS);
    };
    try {
      const { blobs, items } = await observing(this.recorder, () => this.storeAll(failed));
      const durationMs = this.durationMs();
      const left = await ports.leftBy(this.recorder);
      const part = joined(this.parts.prefix?.part, { blobs, items, digests: this.digests.all() });
      const { reads = [], volatile = [] } = left ?? {};
      return { part, durationMs, reads, volatile, isStorable: left !== undefined };
    } finally {
      ports.recorder.add(this.recorder.reads(), this.recorder.volatile());
      clearTimeout(late);
    }
  }

  /** After an error: the items that are finished, in pieces. None when they may not be stored. */
  async finished(): Promise<readonly FinishedPiece[]> {
    const { ports, running } = this.parts;
    const left = await ports.leftBy(this.recorder);
    if (!left) return [];
    const first = await this.first();
    const all: { readonly from: number; readonly to: number; readonly part: StoredPart }[] = [];
    if (first.to > running.from) all.push({ from: running.from, ...first });
    for (const items of consecutive(this.later)) {
      const from = running.begin + (items[0]?.nth ?? 0);
      const part = await this.storeLater(items);
      if (part) all.push({ from, to: from + items.length, part });
    }
    const ownMs = monotonicNow() - this.startedAt;
    const count = all.reduce((sum, range) => sum + sizeOf(range), 0) - (running.begin - running.from);
    return all.map(({ from, to, part }) => {
      const isFirst = from === running.from;
      const own = to - (isFirst ? running.begin : from);
      const durationMs = Math.round((count === 0 ? 0 : (ownMs * own) / count) + this.beforeMs(isFirst));
      return { from, to, result: { part, durationMs, ...left } };
    });
  }

  private storeAll(failed: (error: unknown) => void): ReturnType<typeof storeItems> {
    const { parts } = this;
    const { source, settings, running, ports } = parts;
    let taken = running.begin - 1;
    const items = source.items(running, running.begin, (index) => {
      taken = index;
      running.took(index);
    });
    const callNext = (item: unknown): unknown => {
      const result = ports.call(item, taken);
      if (result instanceof Promise) return result.finally(() => running.done++);
      running.done++;
      return result;
    };
    const results = mapItems(items, callNext, settings, {
      signal: running.signal,
      failed,
      limit: ports.limit,
      ended: (results) => this.ends.push(results),
      finishedLater: (later) => (this.later = later),
    });
    return storeItems(results, ports.definition.codec, {
      put: (blob) => this.put(blob),
      signal: running.signal,
      count: () => parts.count(),
      digested: (digest) => this.digests.add(digest),
      kept: (blob, items) => {
        this.chunks.push({ blob, items });
        return this.isKeeping ? unobserved(() => this.keep()) : undefined;
      },
      isDue: () => (this.isKeeping = monotonicNow() - this.keptAt > this.keepMs),
      keepsBeforeError: true,
      first: running.begin,
    });
  }

  private async keep(): Promise<void> {
    const { parts } = this;
    const { ports, running } = parts;
    this.isKeeping = false;
    const left = await ports.leftBy(this.recorder);
    const first = left && (await this.first());
    if (first && first.to > (this.prefix?.to ?? running.from))
      await running.exclusively(async () => {
        const prefix = { ...first, durationMs: this.durationMs(), ...left };
        await parts.keep(prefix);
        this.prefix = prefix;
      });
    this.keptAt = monotonicNow();
    this.keepMs = Math.min(KEEP_MS, 2 * this.keepMs);
  }

  /** The items from the first one on of which all results are in the store. */
  private async first(): Promise<{ readonly to: number; readonly part: StoredPart }> {
    const stored = this.chunks.reduce((sum, { items }) => sum + items, 0);
    let count = this.ends.length;
    while ((this.ends[count - 1] ?? 0) > stored) count--;
    const items = this.ends[count - 1] ?? 0;
    const read = (blob: BlobRef): Promise<Uint8Array | undefined> => this.engine.store.readBlob(blob);
    const blobs = await firstItems(this.chunks, items, { read, put: (blob) => this.put(blob) });
    const part = { items, digests: this.digests.all().subarray(0, 32 * items), blobs };
    return { to: this.parts.running.begin + count, part: joined(this.parts.prefix?.part, part) };
  }

  /** Undefined when one of them cannot be stored: the next execution of the item says so, if no other error does. */
  private async storeLater(items: readonly FinishedItem[]): Promise<StoredPart | undefined> {
    const { ports, running } = this.parts;
    const digests = new ItemDigests();
    try {
      const stored = await storeItems(resultsOf(items), ports.definition.codec, {
        put: (blob) => this.put(blob),
        signal: running.signal,
        count: () => undefined,
        digested: (digest) => digests.add(digest),
      });
      return { items: stored.items, blobs: stored.blobs, digests: digests.all() };
    } catch (error) {
      running.signal.throwIfAborted();
      if (!isStagebookError(error)) throw error;
      return undefined;
    }
  }

  private put(blob: NewBlob): Promise<void> {
    return patiently(this.parts.running.signal, () => this.engine.store.putBlob(blob));
  }

  private durationMs(): number {
    return Math.round(this.beforeMs(true) + monotonicNow() - this.startedAt);
  }

  private beforeMs(isFirst: boolean): number {
    return isFirst ? (this.parts.prefix?.durationMs ?? 0) : 0;
  }
}

function joined(before: StoredPart | undefined, { items, blobs, digests }: StoredPart): StoredPart {
  if (!before) return { items, blobs, digests };
  return {
    items: before.items + items,
    blobs: [...before.blobs, ...blobs],
    digests: new Uint8Array(Buffer.concat([before.digests, digests])),
  };
}

/** Split where an item is missing in between. */
function consecutive(items: readonly FinishedItem[]): readonly (readonly FinishedItem[])[] {
  const runs: FinishedItem[][] = [];
  let before: number | undefined;
  for (const item of items) {
    if (before !== undefined && item.nth === before + 1) runs.at(-1)?.push(item);
    else runs.push([item]);
    before = item.nth;
  }
  return runs;
}

async function* resultsOf(items: readonly FinishedItem[]): AsyncGenerator<unknown, void, undefined> {
  for (const { results } of items) yield* results;
}
