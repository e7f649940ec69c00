/** What one process knows about the ranges of a stage: a list of those that exist, which of them are done, and which to claim next. */
import type { Entry, Holder } from "../../store/store";
import type { StoredPart } from "../../store/codecs/items";
import { piecesOf, sizeOf, type Range } from "./range";
import type { RangeRecord } from "./range-records";

/** One range, as far as this process knows. A range that is cut is replaced by its pieces. */
export interface KnownRange extends Range {
  /** Its result. */
  done?: DoneRange;
  /** The record of its first items, while it is not done. */
  prefix?: RangeRecord & { readonly kind: "prefix" };
  /** Who executes it, when last seen. */
  holder?: Holder;
  /** A part of its stored result is missing. */
  isIncomplete?: true;
  /** When to check it again, in monotonic milliseconds. */
  checkAt: number;
}

/** The result of a range: in the store, or in this process only. */
export type DoneRange = { readonly entry: Entry } | { readonly part: StoredPart; readonly durationMs: number };

export class KnownRanges {
  /** In the order of their items. */
  readonly ranges: KnownRange[];
  private doneItems = 0;
  private cursor = 0;

  constructor(
    readonly total: number,
    private readonly random: () => number = Math.random,
  ) {
    this.ranges = total === 0 ? [] : [{ from: 0, to: total, checkAt: 0 }];
  }

  /** Items of ranges that are done. */
  get done(): number {
    return this.doneItems;
  }

  get isDone(): boolean {
    return this.doneItems === this.total;
  }

  /** The next range to check: those behind the last one first, so that neighbours stay in one process. */
  next(now: number): KnownRange | undefined {
    const { ranges } = this;
    for (let step = 0; step < ranges.length; step++) {
      const at = (this.cursor + step) % ranges.length;
      const range = ranges[at];
      if (!range || range.done || range.checkAt > now) continue;
      this.cursor = at;
      return range;
    }
    return undefined;
  }

  /** When to check the next range, in monotonic milliseconds. */
  nextCheckAt(): number {
    return Math.min(...this.ranges.map((range) => (range.done ? Infinity : range.checkAt)));
  }

  /** Another process has it: go on elsewhere, so that the processes do not follow each other. */
  taken(range: KnownRange, holder: Holder | undefined, checkAt: number): void {
    range.holder = holder;
    range.checkAt = checkAt;
    this.cursor = Math.floor(this.random() * this.ranges.length);
  }

  finish(range: KnownRange, done: DoneRange): void {
    if (range.done) return;
    range.done = done;
    range.holder = undefined;
    range.prefix = undefined;
    this.doneItems += sizeOf(range);
  }

  /** It turned out to be gone from the store. */
  reopen(range: KnownRange): void {
    if (!range.done) return;
    range.done = undefined;
    range.isIncomplete = true;
    range.checkAt = 0;
    this.doneItems -= sizeOf(range);
  }

  /** Replaces the range by its pieces. Returns them. */
  cut(range: KnownRange, cuts: readonly number[]): readonly KnownRange[] {
    const at = this.ranges.indexOf(range);
    const pieces = piecesOf(range, cuts).map((piece): KnownRange => ({ ...piece, checkAt: 0 }));
    this.ranges.splice(at, 1, ...pieces);
    if (this.cursor > at) this.cursor += pieces.length - 1;
    return pieces;
  }

  /** Ranges that others have, when last seen. */
  held(): readonly KnownRange[] {
    return this.ranges.filter((range) => !range.done && range.holder !== undefined);
  }

  /** Those of them that were checked recently. */
  heldSince(checkAt: number): readonly KnownRange[] {
    return this.held().filter((range) => range.checkAt > checkAt);
  }

  /** How many items others have finished of ranges that they hold, by their progress reports. */
  doneElsewhere(checkAt: number): number {
    return this.heldSince(checkAt).reduce((sum, { holder }) => sum + (holder?.progress?.done ?? 0), 0);
  }

  /** Of the ranges that others have, the one with the most items left that nobody has begun; undefined when none has two. */
  mostLeft(): KnownRange | undefined {
    const left = (range: KnownRange): number => sizeOf(range) - (range.holder?.progress?.done ?? 0);
    const [most] = [...this.held()].sort((a, b) => left(b) - left(a));
    return most && left(most) >= 2 ? most : undefined;
  }
}
