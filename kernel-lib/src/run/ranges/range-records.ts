/**
 * What the processes that share a stage publish about its ranges, each under a key of its own that follows from the stage's key and the
 * range: that a range is cut into pieces, its first items, or its result. Only the holder of a range's claim publishes about it. Records are entries as
 * those of results: they are signed and verified in the same way.
 */
import { digestOf } from "../../key/digest";
import type { KnownKey } from "../../key/key";
import type { ObservedRead } from "../../observe";
import { formatCount, type Digest, type RunId, type VolatileRead } from "../../protocol";
import type { StoredPart } from "../../store/codecs/items";
import { v8Codec } from "../../store/codecs/v8-codec";
import type { Entry, NewBlob } from "../../store/store";
import type { EngineContext } from "../engine-context";
import { ObservedResults } from "../plan/observed-results";
import type { Instance } from "../state/instances";
import { itemsOf } from "../state/stored-names";
import { areCuts, sizeOf, type Range } from "./range";
import { StoredRecords } from "./stored-records";

/** What is published about a range. `reads`: what executing it read beyond the declared inputs. */
export type RangeRecord =
  | { readonly kind: "cut"; readonly total: number; readonly cuts: readonly number[] }
  | { readonly kind: "done"; readonly entry: Entry; readonly reads: readonly ObservedRead[] }
  | { readonly kind: "prefix"; readonly to: number; readonly entry: Entry; readonly reads: readonly ObservedRead[] };

/** The first blob of a record, encoded. */
interface About {
  readonly total: number;
  readonly cuts?: readonly number[];
  /** The item before which the result ends, if it is not that of the whole range. */
  readonly to?: number;
  readonly items?: number;
  readonly digests?: Uint8Array;
}

/** The result of executing a range. */
export interface RangeResult {
  readonly part: StoredPart;
  readonly durationMs: number;
  readonly reads: readonly ObservedRead[];
  readonly volatile: readonly VolatileRead[];
}

/** The result of the items before the item `to` of a range. */
export interface RangePrefix extends RangeResult {
  readonly to: number;
}

const CUT = "range-cut";
const KEPT = "range-kept";
const DONE = "range";

export class RangeRecords {
  private readonly observed: ObservedResults;
  private readonly name: string;

  constructor(
    private readonly engine: EngineContext,
    private readonly instance: Instance,
    private readonly key: KnownKey,
  ) {
    this.name = instance.definition.name;
    const { clock, files } = engine;
    this.observed = new ObservedResults({ results: new StoredRecords(engine, itemsOf(this.name)), clock, files });
  }

  /** Under which a range is claimed, and known. That of all items does not depend on how many there are. */
  keyOf({ from, to }: Range, total: number): Digest {
    return digestOf(from === 0 && to === total ? `${this.key.key} items` : `${this.key.key} items ${from}-${to}`);
  }

  /** Claimed by a process that asks for a part of the range. */
  splitRequestKey(range: Range, total: number): Digest {
    return digestOf(`${this.keyOf(range, total)} wanted`);
  }

  /** Undefined when nothing is known about it yet. */
  async find(key: Digest): Promise<RangeRecord | undefined> {
    const { entry, reads } = await this.observed.find(this.instance, this.declared(key));
    if (entry?.output.codec === DONE) return { kind: "done", entry, reads };
    if (entry?.output.codec !== CUT && entry?.output.codec !== KEPT) return undefined;
    const about = await this.about(entry);
    if (about?.to !== undefined) return { kind: "prefix", to: about.to, entry, reads };
    return about?.cuts && { kind: "cut", total: about.total, cuts: about.cuts };
  }

  /** Throws StagebookError `store-write`. */
  async publishCut(range: Range, total: number, cuts: readonly number[], run: RunId): Promise<void> {
    if (!areCuts(range, cuts)) throw new RangeError(`no cuts of ${range.from}-${range.to}: ${cuts.join()}`);
    const declared = this.declared(this.keyOf(range, total));
    const { blobs, entry } = await this.record(declared, { total, cuts }, run);
    const output = { ...entry.output, codec: CUT, summary: `cut into ${cuts.length + 1}` };
    await this.engine.results.commitItem(this.name, { ...entry, output }, blobs);
  }

  /** `by`: the process that executed it. Throws StagebookError `store-write`. */
  publishResult(range: Range, total: number, result: RangeResult, by: string, run: RunId): Promise<Entry> {
    return this.publish({
      range,
      total,
      result,
      run,
      codec: DONE,
      summary: `${formatCount(sizeOf(range))} items by ${by}`,
    });
  }

  /** Publishes the results of the first items of a range; the next record of the range replaces it. Throws StagebookError `store-write`. */
  async publishPrefix(range: Range, total: number, prefix: RangePrefix, by: string, run: RunId): Promise<void> {
    const { to, ...result } = prefix;
    const summary = `the first ${formatCount(to - range.from)} of ${formatCount(sizeOf(range))} items by ${by}`;
    await this.publish({ range, total, result, run, codec: KEPT, summary, to });
  }

  /** Undefined when a part of it is gone from the store. */
  async prefix({ to, entry, reads }: RangeRecord & { readonly kind: "prefix" }): Promise<RangePrefix | undefined> {
    const part = await this.part(entry);
    return part && { to, part, durationMs: entry.durationMs, reads, volatile: entry.volatile ?? [] };
  }

  /** The result of a range that is done; undefined when a part of it is gone from the store. */
  async part(entry: Entry): Promise<StoredPart | undefined> {
    const about = await this.about(entry);
    if (about?.items === undefined || !about.digests || !(await this.engine.store.isWhole(entry))) return undefined;
    return { items: about.items, digests: about.digests, blobs: entry.output.blobs.slice(1) };
  }

  private async publish(what: {
    readonly range: Range;
    readonly total: number;
    readonly result: RangeResult;
    readonly run: RunId;
    readonly codec: string;
    readonly summary: string;
    readonly to?: number;
  }): Promise<Entry> {
    const { total, to, codec, summary, run } = what;
    const { part, durationMs, reads, volatile } = what.result;
    const declared = this.declared(this.keyOf(what.range, total));
    const extended = await this.observed.extend(declared, reads);
    const about = { total, items: part.items, digests: part.digests, ...(to === undefined ? {} : { to }) };
    const { blobs, entry } = await this.record(extended, about, run);
    const sizeBytes = part.blobs.reduce((sum, blob) => sum + blob.sizeBytes, entry.output.sizeBytes);
    const full: Entry = {
      ...entry,
      durationMs,
      output: { ...entry.output, codec, blobs: [...entry.output.blobs, ...part.blobs], sizeBytes, summary },
      ...(volatile.length > 0 ? { volatile } : {}),
    };
    if (reads.length > 0) await this.observed.remember(this.instance, declared, reads, full);
    await this.engine.results.commitItem(this.name, full, blobs);
    return full;
  }

  private declared(key: Digest): KnownKey {
    const { partial, parts } = this.key;
    return { key, partial, parts, pending: [] };
  }

  private async about(entry: Entry): Promise<About | undefined> {
    const [first] = entry.output.blobs;
    const bytes = first && (await this.engine.store.readBlob(first));
    return bytes && (v8Codec.decode(bytes) as About);
  }

  private async record(
    { key, partial, parts }: KnownKey,
    about: About,
    run: RunId,
  ): Promise<{ readonly entry: Entry; readonly blobs: readonly NewBlob[] }> {
    const bytes = await v8Codec.encode(about);
    const ref = { digest: digestOf(bytes), sizeBytes: bytes.byteLength };
    const output = { digest: ref.digest, blobs: [ref], files: [], sizeBytes: ref.sizeBytes, codec: "", summary: "" };
    const entry: Entry = {
      format: 1,
      key,
      partial,
      parts,
      output,
      at: this.engine.clock.now(),
      durationMs: 0,
      params: {},
      run,
      made: this.engine.versions,
    };
    return { entry, blobs: [{ ref, pieces: [bytes] }] };
  }
}

/** The process that executed a range, as its record says it. */
export function workerOf({ output }: Entry): string {
  return output.summary.slice(output.summary.indexOf(" by ") + 4);
}
