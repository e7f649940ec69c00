/** Digests of a stage's inputs for its key: parameters, files, computed values, outputs of other stages. */
import { MAX_MEMBERS } from "../../key/diff-files";
import type { InputDigest } from "../../key/key";
import type { KeyPart } from "../../key/parts";
import { messageOf, mustGet, StagebookError, type Digest } from "../../protocol";
import type { InputRef } from "../../stage/input";
import type { Computed, ExternalInputs } from "../external/external-inputs";
import type { FileState } from "../external/files";
import type { MatchedFiles } from "../external/matched-files";
import type { Instance, Instances } from "../state/instances";
import type { ParamValues } from "../state/params";
import type { MaybePromise } from "../../async/maybe-promise";

/** The output of a stage, as far as downstream keys depend on it. */
export interface OutputDigest {
  readonly digest: Digest;
  readonly summary: string;
}

/** Files and computed values at one moment. */
export interface Outside {
  readonly files: ReadonlyMap<string, FileState>;
  /** By pattern. */
  readonly matched: ReadonlyMap<string, MatchedFiles>;
  readonly computed: ReadonlyMap<unknown, Computed>;
}

const nothingOutside: Outside = { files: new Map(), matched: new Map(), computed: new Map() };

export class InputDigests {
  constructor(private readonly parts: { readonly instances: Instances; readonly params: ParamValues }) {}

  /** Reads the files and computed values of all instances at once. */
  readOutside(instances: readonly Instance[], externalInputs: ExternalInputs): MaybePromise<Outside> {
    // Most stages have none.
    const reading = instances.filter((instance) => this.parts.instances.refs(instance).some(isOutside));
    if (reading.length === 0) return nothingOutside;
    const files = new Map<string, Promise<FileState>>();
    const matched = new Map<string, Promise<MatchedFiles>>();
    const computed = new Map<unknown, Promise<Computed>>();
    for (const { ref } of reading.flatMap((instance) => this.parts.instances.refs(instance))) {
      if (ref.kind === "file" && !files.has(ref.path)) files.set(ref.path, externalInputs.file(ref.path));
      if (ref.kind === "files" && !matched.has(ref.pattern))
        matched.set(ref.pattern, externalInputs.match(ref.pattern));
      if (ref.kind === "computed") computed.set(ref.compute, externalInputs.compute(ref));
    }
    return Promise.all([settled(files), settled(matched), settled(computed)]).then(([files, matched, computed]) => ({
      files,
      matched,
      computed,
    }));
  }

  /** What cannot be tracked in parameter values: names that a function in one of them reaches. */
  untracked(instance: Instance): readonly string[] {
    const { instances, params } = this.parts;
    const found: string[] = [];
    for (const { ref } of instances.refs(instance)) {
      if (ref.kind !== "param" || !params.definition(ref.name).tracked) continue;
      const value = params.value(ref.name, instance.overlay);
      if (typeof value !== "function" && typeof value !== "object") continue;
      found.push(...params.keyDigest(ref.name, value).untracked.map(({ name, why }) => `${name}: ${why}`));
    }
    return found;
  }

  /** The digest of one input, if it is known. */
  digest(
    instance: Instance,
    ref: InputRef,
    path: string,
    outside: Outside,
    outputOf: (id: string) => OutputDigest | undefined,
  ): InputDigest {
    switch (ref.kind) {
      case "resource":
        return { state: "none" };
      case "computed": {
        const computed = mustGet(outside.computed, ref.compute);
        if ("error" in computed)
          throw new StagebookError(
            "computed-failed",
            `the computed input ${path} failed: ${messageOf(computed.error)}`,
            "Fix the callback.",
            { stage: instance.definition.name, cause: computed.error },
          );
        return { state: "known", kind: "value", name: path, digest: computed.digest, text: computed.text };
      }
      case "file": {
        const state = mustGet(outside.files, ref.path);
        if (state.isFolder)
          throw new StagebookError(
            "file-folder",
            `file "${ref.path}" is a folder`,
            `Write files(${JSON.stringify(ref.path)}): the names and contents of all files in it count.`,
            { stage: instance.definition.name },
          );
        return { state: "known", kind: "file", name: ref.path, digest: state.digest, text: state.text };
      }
      case "files":
        return { state: "known", kind: "files", name: ref.pattern, ...partOf(mustGet(outside.matched, ref.pattern)) };
      case "param": {
        const { params } = this.parts;
        const definition = params.definition(ref.name);
        if (!definition.tracked) return { state: "none" };
        const value = params.value(ref.name, instance.overlay);
        return {
          state: "known",
          kind: "param",
          name: ref.name,
          digest: params.keyDigest(ref.name, value).digest,
          text: params.text(definition, value),
        };
      }
      case "stage": {
        if (ref.name === instance.definition.name) return { state: "none" };
        const output = outputOf(this.parts.instances.ofRef(ref, instance).id);
        return output
          ? { state: "known", kind: "input", name: ref.name, digest: output.digest, text: output.summary }
          : { state: "pending", stage: ref.name };
      }
    }
  }
}

function isOutside({ ref }: { readonly ref: InputRef }): boolean {
  return ref.kind === "file" || ref.kind === "files" || ref.kind === "computed";
}

/** What a key records of files: each by its name, unless there are too many. */
function partOf({ digest, text, files }: MatchedFiles): Pick<KeyPart, "digest" | "text" | "members"> {
  if (files.length > MAX_MEMBERS) return { digest, text };
  return {
    digest,
    text,
    members: Object.fromEntries(files.map(({ path, state }) => [path, state.digest.slice(0, 12)])),
  };
}

async function settled<K, V>(promises: ReadonlyMap<K, Promise<V>>): Promise<ReadonlyMap<K, V>> {
  return new Map(await Promise.all([...promises].map(async ([key, value]) => [key, await value] as const)));
}
