/** The text of records: UTF-8, one record a line. */

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** The lines of a text file, without empty ones. */
export function linesOf(bytes: Uint8Array): readonly string[] {
  return textOf(bytes)
    .split("\n")
    .filter((line) => line !== "");
}
