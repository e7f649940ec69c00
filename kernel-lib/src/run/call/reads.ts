/** What a function read beyond its declared inputs. */
import path from "node:path";
import type { KnownKey } from "../../key/key";
import type { ObservedRead, ReadRecorder } from "../../observe";
import type { EngineContext } from "../engine-context";
import type { Instance } from "../state/instances";

/** The recorded reads that no part of the key covers. */
export function undeclaredReads(
  { instances, files, store }: Pick<EngineContext, "instances" | "files" | "store">,
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
  const own = store.threads?.folder;
  const isOwn = (name: string): boolean => own !== undefined && (name === own || name.startsWith(`${own}${path.sep}`));
  return reads.filter(({ kind, name }) =>
    kind === "env" ? !variables.has(`process.env.${name}`) : !declared.has(name) && !isOwn(name),
  );
}
