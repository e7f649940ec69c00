/** The texts of apache-arrow columns. All bytes of a chunk are decoded at once: value by value, a million texts take a second. Pure. */
import { isAscii, isUtf8 } from "node:buffer";
import type { ArrowChunk, ArrowVector } from "../key/values/table-libraries";
import type { TextValues } from "./table-column";

/** Undefined when a chunk cannot be read so, and when there is no value at all. */
export function readTexts(chunks: readonly ArrowChunk[]): TextValues | undefined {
  return readChunks(chunks, decodeChunk);
}

/** The same for texts that are numbered: the chunks have the positions in their dictionaries. */
export function readDictionaryTexts(chunks: readonly ArrowChunk[]): TextValues | undefined {
  const dictionaries = new Map<ArrowVector, TextValues | undefined>();
  return readChunks(chunks, (chunk, texts, at) => {
    const { dictionary, values, length } = chunk;
    if (!dictionary?.data || !isPositions(values)) return false;
    if (!dictionaries.has(dictionary)) dictionaries.set(dictionary, readTexts(dictionary.data));
    const known = dictionaries.get(dictionary);
    if (!known) return false;
    for (let row = 0; row < length; row++)
      if (chunk.nullCount === 0 || chunk.getValid(row)) texts[at + row] = known.texts[values[row] ?? 0];
    return true;
  });
}

/** Writes the texts of a chunk from a position on. False when they cannot be read so. */
type ReadChunk = (chunk: ArrowChunk, texts: (string | undefined)[], at: number) => boolean;

function readChunks(chunks: readonly ArrowChunk[], readChunk: ReadChunk): TextValues | undefined {
  const texts = new Array<string | undefined>(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    if (!readChunk(chunk, texts, at)) return undefined;
    at += chunk.length;
  }
  let missing = 0;
  for (let row = 0; row < texts.length; row++) if (texts[row] === undefined) missing++;
  return missing > 0 && missing === texts.length ? undefined : { kind: "texts", texts, missing };
}

function isPositions(values: unknown): values is Int32Array {
  return ArrayBuffer.isView(values) && !(values instanceof BigInt64Array) && !(values instanceof BigUint64Array);
}

/** False when the values are not where they should be, or would be other texts than Arrow makes of them. */
function decodeChunk(chunk: ArrowChunk, texts: (string | undefined)[], at: number): boolean {
  const { values, valueOffsets: ends, length } = chunk;
  if (length === 0) return true;
  if (!(values instanceof Uint8Array) || !(ends instanceof Int32Array || ends instanceof BigInt64Array)) return false;
  const [first, last] = [Number(ends[0]), Number(ends[length])];
  // Also false for what is not a number, where there are too few ends.
  if (!(0 <= first && first <= last && last <= values.length && last - first <= MOST_BYTES)) return false;
  const bytes = Buffer.from(values.buffer, values.byteOffset + first, last - first);
  const decoded = isAscii(bytes) ? { text: bytes.toString("latin1"), cut: cutAscii } : decodeUtf8(bytes);
  if (!decoded) return false;
  const cut = decoded.cut(bytes);
  let start = 0;
  for (let row = 0, from = 0; row < length; row++) {
    const to = Number(ends[row + 1]) - first;
    if (!(from <= to && to <= bytes.length)) return false;
    const end = cut(from, to, start);
    if (end === undefined) return false;
    if (chunk.nullCount === 0 || chunk.getValid(row)) texts[at + row] = decoded.text.slice(start, end);
    [from, start] = [to, end];
  }
  return true;
}

/** The longest text that every version of Node.js can hold. */
const MOST_BYTES = 2 ** 28;

/** From the bytes `from` to `to` of a value, and the position where its text begins, to where it ends. Undefined when the bytes end within a character. */
type Cut = (from: number, to: number, start: number) => number | undefined;

interface Decoded {
  readonly text: string;
  readonly cut: (bytes: Buffer) => Cut;
}

const cutAscii: Decoded["cut"] = () => (_from, to) => to;

/** Undefined for what Arrow's decoder replaces or leaves out: bytes that are no UTF-8, and byte order marks. */
function decodeUtf8(bytes: Buffer): Decoded | undefined {
  if (!isUtf8(bytes) || bytes.includes(BYTE_ORDER_MARK)) return undefined;
  return { text: bytes.toString("utf8"), cut: cutUtf8 };
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const cutUtf8: Decoded["cut"] = (bytes) => (from, to, start) => {
  if (isContinuation(bytes[to])) return undefined;
  let end = start;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    // A character of four bytes is a pair of code units.
    if (!isContinuation(byte)) end += byte >= 0xf0 ? 2 : 1;
  }
  return end;
};

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >>> 6 === 0b10;
}
