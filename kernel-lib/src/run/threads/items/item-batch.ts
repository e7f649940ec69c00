/** Several items in one message. Each begins at a multiple of 8 in memory that is transferred to the thread. */

/** One item, encoded. */
export interface EncodedItem {
  /** Of the item in the source, counted from 0. */
  readonly nth: number;
  readonly bytes: Uint8Array;
}

/** As it is sent: consecutive numbers, beginning with `from`. */
export interface ItemBatch {
  readonly from: number;
  readonly nths: Float64Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const ALIGNED = 8;

export function packItems(from: number, items: readonly EncodedItem[]): ItemBatch {
  const nths = new Float64Array(items.length);
  const lengths = new Uint32Array(items.length);
  const bytes = new Uint8Array(items.reduce((sum, item) => sum + padded(item.bytes.byteLength), 0));
  let offset = 0;
  for (const [at, item] of items.entries()) {
    nths[at] = item.nth;
    lengths[at] = item.bytes.byteLength;
    bytes.set(item.bytes, offset);
    offset += padded(item.bytes.byteLength);
  }
  return { from, nths, lengths, bytes };
}

export interface NumberedItem extends EncodedItem {
  readonly at: number;
}

/** Views of the batch. */
export function* unpackItems({ from, nths, lengths, bytes }: ItemBatch): Generator<NumberedItem, void, undefined> {
  let offset = 0;
  for (const [index, length] of lengths.entries()) {
    yield { at: from + index, nth: nths[index] ?? 0, bytes: bytes.subarray(offset, offset + length) };
    offset += padded(length);
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNED) * ALIGNED;
}
