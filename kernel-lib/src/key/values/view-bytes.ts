/** The memory of a view as bytes, without a copy. Little-endian on every platform that Node runs on. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
