/**
 * Ranges of items: consecutive items of an `each` that one process executes as a whole. How long a range is, follows from how long items
 * took so far. Pure: every process that shares the work decides in the same way from what it knows, and publishes its decision.
 */

/** The items `from` ≤ index < `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A range is at most this share of all items, so that there is something to share. */
const MAX_SHARE = 64;
/** But not shorter than this for that reason alone, in milliseconds: claiming it would cost more than its items. */
const WORTH_MS = 250;
/** A duration counts as known once it was measured over this time. */
const KNOWN_MS = 1000;
/** While the duration is unknown, the next range is longer than the longest so far by this factor. */
const GROWTH = 8;
/** Pieces of one cut; longer pieces are cut again. */
const MAX_PIECES = 1024;

export function sizeOf({ from, to }: Range): number {
  return to - from;
}

/** How long items take: measured in this execution, else known from an earlier one. */
export class Pace {
  private items = 0;
  private ms = 0;
  private largest = 0;

  /** `pastMs`: per item, of an earlier execution. */
  constructor(private readonly pastMs?: number) {}

  /** A range that was executed, by whatever process. */
  add(items: number, ms: number): void {
    this.items += items;
    this.ms += ms;
    this.largest = Math.max(this.largest, items);
  }

  /** Milliseconds per item; undefined until something is known. */
  get perItemMs(): number | undefined {
    return this.isMeasured || this.pastMs === undefined ? this.measuredMs : this.pastMs;
  }

  get isKnown(): boolean {
    return this.isMeasured || this.pastMs !== undefined;
  }

  /** Items of the longest range that was executed. */
  get longest(): number {
    return this.largest;
  }

  private get isMeasured(): boolean {
    return this.ms >= KNOWN_MS;
  }

  private get measuredMs(): number | undefined {
    return this.items === 0 ? undefined : this.ms / this.items;
  }
}

/**
 * Where a range is to be cut before any of its items is executed: ascending indexes inside of it. Empty when it is to be executed as it
 * is. `total`: the number of all items; `rangeMs`: how long a range is to take.
 */
export function cutsOf(range: Range, total: number, pace: Pace, rangeMs: number): readonly number[] {
  const perItemMs = Math.max(pace.perItemMs ?? 0, 1e-6);
  const largest = Math.max(1, Math.ceil(total / MAX_SHARE), pace.isKnown ? Math.floor(WORTH_MS / perItemMs) : 0);
  const wanted = pace.isKnown ? Math.floor(rangeMs / perItemMs) : GROWTH * pace.longest;
  const size = Math.min(largest, Math.max(1, wanted));
  const length = sizeOf(range);
  if (length <= 1 || length < 1.5 * size) return [];
  // Until the duration is known, the rest is left to those who know more.
  if (!pace.isKnown && size < largest) return [range.from + size];
  const pieces = Math.min(MAX_PIECES, Math.ceil(length / size));
  return Array.from({ length: pieces - 1 }, (_, nth) => range.from + Math.floor(((nth + 1) * length) / pieces));
}

/** The pieces of a range that is cut there. */
export function piecesOf({ from, to }: Range, cuts: readonly number[]): readonly Range[] {
  const bounds = [from, ...cuts, to];
  return bounds.slice(1).map((end, nth) => ({ from: bounds[nth] ?? from, to: end }));
}

/** Whether these cuts are ascending indexes inside of the range. */
export function areCuts(range: Range, cuts: readonly number[]): boolean {
  return cuts.length > 0 && piecesOf(range, cuts).every((piece) => Number.isSafeInteger(piece.to) && sizeOf(piece) > 0);
}
