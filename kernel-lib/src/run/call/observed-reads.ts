/** What a function reads beyond its declared inputs. */
import path from "node:path";
import type { KnownKey } from "../../key/key";
import { ReadRecorder, type ObservedRead } from "../../observe";
import type { VolatileRead } from "../../protocol";
import { withSourceLines } from "../cell-lines";
import type { EngineContext } from "../engine-context";
import type { Instance } from "../state/instances";

/** Records the reads of an execution, without those of the store's own folder. */
export function createRecorder({ store }: Pick<EngineContext, "store">): ReadRecorder {
  const own = store.threads?.folder;
  const inside = `${own ?? ""}${path.sep}`;
  return own === undefined
    ? new ReadRecorder()
    : new ReadRecorder({ ignores: (file) => file === own || file.startsWith(inside) });
}

/** What makes the result not repeatable, with the lines of the notebook. */
export function volatileReads(recorder: ReadRecorder): readonly VolatileRead[] {
  return recorder.volatile().map((read) => ({ ...read, where: withSourceLines(read.where) }));
}

/** The recorded reads that no part of the key covers. */
export function undeclaredReads(
  { instances, files }: Pick<EngineContext, "instances" | "files">,
  instance: Instance,
  key: KnownKey,
  recorder: ReadRecorder,
): readonly ObservedRead[] {
  const reads = recorder.reads();
  if (reads.length === 0) return reads;
  const declared = new Set<string>();
  for (const { ref } of instances.refs(instance)) if (ref.kind === "file") declared.add(files.resolve(ref.path));
  for (const { members = {} } of key.parts) for (const name of Object.keys(members)) declared.add(files.resolve(name));
  const variables = new Set(key.parts.flatMap(({ kind, name }) => (kind === "env" ? [name] : [])));
  return reads.filter(({ kind, name }) =>
    kind === "env" ? !variables.has(`process.env.${name}`) : !declared.has(name),
  );
}
