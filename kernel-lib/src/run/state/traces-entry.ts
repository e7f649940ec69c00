/** The record of what executions under a key read. */
import { digestOf } from "../../key/digest";
import type { KnownKey } from "../../key/key";
import type { Entry } from "../../store/store";

/** The record under a key whose executions read more than they declare. */
export function tracesEntry(
  { key, partial }: KnownKey,
  traces: NonNullable<Entry["traces"]>,
  { run, made, at }: Pick<Entry, "run" | "made" | "at">,
): Entry {
  const output = { digest: digestOf("traces"), blobs: [], files: [], sizeBytes: 0, codec: "traces", summary: "" };
  return { format: 1, key, partial, parts: [], output, at, durationMs: 0, params: {}, run, made, traces };
}
