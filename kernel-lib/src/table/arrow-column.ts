/**
 * Columns of apache-arrow. A column that is sorted or filtered is read from the typed arrays of its chunks: value by value, a million
 * dates take seconds. Pure.
 */
import { ARROW_TYPE, type ArrowChunk, type ArrowField, type ArrowTable } from "../key/values/table-libraries";
import { readDictionaryTexts, readTexts } from "./arrow-texts";
import type { NumberValues, TableColumn } from "./table-column";

/** A column by its position. Moments are dates. */
export function arrowColumn(table: ArrowTable, { name, type }: ArrowField, at: number): TableColumn {
  const found = table.getChildAt(at);
  const vector = type.typeId === ARROW_TYPE.dictionary ? (found?.memoize?.() ?? found) : found;
  const get = (row: number): unknown => vector?.get(row);
  const read = readerOf(type);
  return {
    name,
    at: isMoment(type) ? (row) => dateOf(() => get(row)) : get,
    ...(found?.data && read ? { readNumbers: () => readChunks(found.data ?? [], read) } : {}),
    ...(found?.data && isText(type) ? { readTexts: () => readTexts(found.data ?? []) } : {}),
    ...(found?.data && type.dictionary && isText(type.dictionary)
      ? { readTexts: () => readDictionaryTexts(found.data ?? []) }
      : {}),
  };
}

type ArrowType = ArrowField["type"];

/** Writes the values of a chunk from a position on. False when they cannot be read so, or are no numbers without loss. */
type ReadChunk = (chunk: ArrowChunk, target: Float64Array, at: number) => boolean;

interface Reader {
  readonly type: NumberValues["type"];
  readonly readChunk: ReadChunk;
}

/** Undefined for types whose values are no numbers. */
function readerOf(type: ArrowType): Reader | undefined {
  switch (type.typeId) {
    case ARROW_TYPE.int:
      return (type.bitWidth ?? 0) < 64
        ? { type: "number", readChunk: copyNumbers }
        : { type: "bigint", readChunk: copyIntegers };
    case ARROW_TYPE.float:
      // Halves are stored as their bits.
      return type.precision === 0 ? undefined : { type: "number", readChunk: copyNumbers };
    case ARROW_TYPE.date:
      return { type: "Date", readChunk: type.unit === DAY ? copyDays : copyMoments(1000n) };
    case ARROW_TYPE.timestamp: {
      const perSecond = PER_SECOND[type.unit ?? -1];
      return perSecond === undefined ? undefined : { type: "Date", readChunk: copyMoments(perSecond) };
    }
    default:
      return undefined;
  }
}

/** Of the enumeration DateUnit. */
const DAY = 0;
/** By the enumeration TimeUnit: seconds, and their fractions. */
const PER_SECOND: readonly (bigint | undefined)[] = [1n, 1000n, 1_000_000n, 1_000_000_000n];

function isMoment({ typeId }: ArrowType): boolean {
  return typeId === ARROW_TYPE.date || typeId === ARROW_TYPE.timestamp;
}

function isText({ typeId }: Pick<ArrowType, "typeId">): boolean {
  return typeId === ARROW_TYPE.utf8 || typeId === ARROW_TYPE.largeUtf8;
}

/** Arrow has numbers for moments: milliseconds since 1970. It throws for those that are far beyond all dates. */
function dateOf(get: () => unknown): unknown {
  let value: unknown;
  try {
    value = get();
  } catch (error) {
    if (error instanceof TypeError) return new Date(NaN);
    throw error;
  }
  return value === null || value === undefined ? value : new Date(Number(value));
}

/** Undefined when a chunk cannot be read so, and when there is no value at all. */
function readChunks(chunks: readonly ArrowChunk[], { type, readChunk }: Reader): NumberValues | undefined {
  const rowCount = chunks.reduce((sum, { length }) => sum + length, 0);
  const missing = chunks.reduce((sum, { nullCount }) => sum + nullCount, 0);
  if (rowCount > 0 && missing === rowCount) return undefined;
  const numbers = new Float64Array(rowCount);
  const gaps = missing > 0 ? new Uint8Array(rowCount) : undefined;
  let at = 0;
  for (const chunk of chunks) {
    if (gaps && chunk.nullCount > 0) markGaps(chunk, gaps, at);
    if (!readChunk(chunk, numbers, at)) return undefined;
    at += chunk.length;
  }
  return { kind: "numbers", numbers, gaps, missing, type };
}

function markGaps(chunk: ArrowChunk, gaps: Uint8Array, at: number): void {
  for (let row = 0; row < chunk.length; row++) if (!chunk.getValid(row)) gaps[at + row] = 1;
}

function copyNumbers({ values, length }: ArrowChunk, target: Float64Array, at: number): boolean {
  if (!ArrayBuffer.isView(values) || isWide(values)) return false;
  target.set((values as Float64Array).subarray(0, length), at);
  return true;
}

function copyDays({ values, length }: ArrowChunk, target: Float64Array, at: number): boolean {
  if (!(values instanceof Int32Array)) return false;
  for (let row = 0; row < length; row++) target[at + row] = toDate((values[row] ?? 0) * DAY_MS);
  return true;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Integers of 64 bits as numbers, if all of them fit. What is in place of a missing one does not matter. */
function copyIntegers(chunk: ArrowChunk, target: Float64Array, at: number): boolean {
  const halves = halvesOf(chunk.values);
  if (!halves) return false;
  for (let row = 0; row < chunk.length; row++) {
    const number = (halves.high[2 * row + 1] ?? 0) * 2 ** 32 + (halves.low[2 * row] ?? 0);
    if (!Number.isSafeInteger(number) && (chunk.nullCount === 0 || chunk.getValid(row))) return false;
    target[at + row] = number;
  }
  return true;
}

/** Moments of 64 bits as milliseconds since 1970. */
function copyMoments(perSecond: bigint): ReadChunk {
  const [times, divisor] = perSecond < 1000n ? [1000, 1] : [1, Number(perSecond / 1000n)];
  return ({ values, length }, target, at) => {
    const halves = halvesOf(values);
    if (!halves) return false;
    for (let row = 0; row < length; row++)
      target[at + row] = toDate(times * divide(halves.high[2 * row + 1] ?? 0, halves.low[2 * row] ?? 0, divisor));
    return true;
  };
}

/**
 * `(high · 2^32 + low) / divisor`, with the integer part exact: nanoseconds have more digits than a number. The same steps as in Arrow,
 * so that a moment is the same date here and there.
 */
function divide(high: number, low: number, divisor: number): number {
  if (divisor === 1) return high * 2 ** 32 + low;
  const [each, rest] = [Math.floor(2 ** 32 / divisor), 2 ** 32 % divisor];
  const remaining = high * rest + low;
  let fraction = remaining % divisor;
  let whole = high * each + (remaining - fraction) / divisor;
  if (whole > 0 && fraction < 0) [whole, fraction] = [whole - 1, fraction + divisor];
  if (whole < 0 && fraction > 0) [whole, fraction] = [whole + 1, fraction - divisor];
  return whole + fraction / divisor;
}

/** The time value of a date: whole milliseconds, NaN outside the range of dates. */
function toDate(ms: number): number {
  return Math.abs(ms) <= MAX_DATE ? Math.trunc(ms) + 0 : NaN;
}

const MAX_DATE = 8.64e15;

interface Halves {
  readonly high: Int32Array | Uint32Array;
  readonly low: Uint32Array;
}

/** The halves of integers of 64 bits: reading those as bigints would allocate each. Undefined where the processor orders them otherwise. */
function halvesOf(values: unknown): Halves | undefined {
  if (!ArrayBuffer.isView(values) || !isWide(values) || !IS_LITTLE_ENDIAN) return undefined;
  const { buffer, byteOffset, byteLength } = values;
  const low = new Uint32Array(buffer, byteOffset, byteLength / 4);
  return { low, high: values instanceof BigInt64Array ? new Int32Array(buffer, byteOffset, byteLength / 4) : low };
}

function isWide(values: ArrayBufferView): boolean {
  return values instanceof BigInt64Array || values instanceof BigUint64Array;
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
