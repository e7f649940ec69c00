/** What lies beside `latest/<notebook>/<stage>`: the newest result in words, for people and other programs. Used by the disk store. */
import { formatSize } from "../../protocol";
import type { Entry, HeadName } from "../store";

/** Indented JSON. `blob`: the path of the value, relative to the record; `files`: those that the stage wrote, and where they are. */
export function latestText(
  head: HeadName,
  entry: Entry,
  blob: string,
  files: readonly { readonly name: string; readonly path: string }[],
): string {
  const { output } = entry;
  const record = {
    notebook: head.notebook,
    stage: head.stage,
    value: output.summary,
    size: formatSize(output.sizeBytes),
    codec: output.codec,
    blob: blob.replaceAll("\\", "/"),
    ...(files.length > 0 && { files: files.map(({ name, path }) => ({ name, path: path.replaceAll("\\", "/") })) }),
    madeAt: new Date(entry.at).toISOString(),
    durationMs: entry.durationMs,
    params: entry.params,
    madeOf: entry.parts.map(({ kind, name, text, digest }) => ({ kind, name, text, digest })),
    key: entry.key,
    digest: output.digest,
    run: entry.run,
    madeBy: entry.made,
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}
