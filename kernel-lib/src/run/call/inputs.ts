/** The values of a stage's inputs, as its function gets them. */
import { StagebookError } from "../../protocol";
import type { MatchedFile } from "../external/matched-files";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { digestValue } from "../../key/values/canonical";
import type { InputRef } from "../../stage/input";
import type { EngineContext } from "../engine-context";
import type { Instance } from "../state/instances";
import type { InputValues } from "./call-parts";
import { waitFor, type SyncTask } from "./sync-task";

/** What the inputs of a stage are read from. */
type InputSources = Pick<EngineContext, "instances" | "params" | "files" | "log">;

/** The values in the shape in which the stage names its inputs; the function's own copies. */
export function* fillInputs(engine: InputSources, instance: Instance, from: InputValues): SyncTask<unknown> {
  const { inputs } = instance.definition;
  const values = new Map<string, unknown>();
  for (const leaf of inputs.leaves) {
    if (!("ref" in leaf)) values.set(leaf.path, leaf.value);
    else values.set(leaf.path, yield* waitFor(inputValue(engine, instance, leaf.ref, from)));
  }
  return inputs.fill((leaf) => values.get(leaf.path));
}

/** The value of one input; the caller's own copy. */
export function inputValue(
  engine: InputSources,
  instance: Instance,
  ref: InputRef,
  from: InputValues,
): MaybePromise<unknown> {
  switch (ref.kind) {
    case "file":
      return from.externalInputs.handle(ref.path);
    case "files":
      return listFiles(engine, instance, ref.pattern, from).then((files) =>
        files.map(({ path }) => engine.files.handle(path)),
      );
    case "param":
      return copyOf(engine.params.value(ref.name, instance.overlay));
    case "resource":
      return from.externalInputs.open(ref);
    case "computed":
      return mapMaybe(from.externalInputs.compute(ref), (computed) => {
        if ("error" in computed) throw computed.error;
        return copyOf(computed.value);
      });
    case "stage":
      return from.valueOf(engine.instances.ofRef(ref, instance));
  }
}

/**
 * The files that the key was computed from. An empty list is usually a mistake in the pattern: it is logged, and is not an error. Throws
 * `files-unreadable`.
 */
export async function listFiles(
  engine: InputSources,
  { definition }: Instance,
  pattern: string,
  { externalInputs, runId }: InputValues,
): Promise<readonly MatchedFile[]> {
  const { files, error, missing } = await externalInputs.lastMatched(pattern);
  const { name: stage, cell } = definition;
  if (error)
    throw new StagebookError(
      "files-unreadable",
      `files "${pattern}" cannot be read (${error.code ?? ""})`,
      `Check the permissions of ${error.path ?? engine.files.folder}.`,
      { stage, cause: error },
    );
  if (files.length === 0) {
    const why = missing === undefined ? "" : `: the folder ${missing} does not exist`;
    engine.log("warn", `${stage}: files(${JSON.stringify(pattern)}) matches no file${why}`, {
      stage,
      cell,
      run: runId,
    });
  }
  return files;
}

/** A copy, so that a stage cannot change a parameter in place. A value that has no equal copy, like a class instance, is passed as is. */
export function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  try {
    digestValue(value);
    return structuredClone(value);
  } catch {
    return value;
  }
}
