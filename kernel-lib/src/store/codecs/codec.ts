/** The port to codecs, which turn values into bytes and back. */

/**
 * The contract:
 * - `decode(encode(value))` returns a value that no program can tell from the original, or `encode` throws; the built-in codecs throw
 *   StagebookError `not-storable` with the path.
 * - `decode` owns the bytes that are passed to it and may keep them. It throws on bytes that `encode` did not write, and never executes
 *   code from them.
 * - `name` is stored with the bytes and is part of the key: another format needs another name.
 */
export interface Codec {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  encode(value: unknown): Uint8Array | Promise<Uint8Array>;
  decode(bytes: Uint8Array): unknown;
}
