/** External inputs of stages: files, computed values, resources. Evaluated once per plan and once per run. */
import { tableCodecs } from "../../store/codecs/v8-codec";
import { digestValue } from "../../key/values/canonical";
import { textOfValue } from "../../key/describe";
import type { Digest } from "../../protocol";
import type { FileHandle } from "../../stage/public/inputs";
import type { InputRef } from "../../stage/input";
import type { Files, FileState } from "./files";
import { matchFiles, type MatchedFiles } from "./matched-files";

type ComputedRef = Extract<InputRef, { kind: "computed" }>;
type ResourceRef = Extract<InputRef, { kind: "resource" }>;

/** A computed value, or what its callback threw: then stages that depend on it have no key. */
export type Computed =
  { readonly value: unknown; readonly digest: Digest; readonly text: string } | { readonly error: unknown };

/** For one plan or one run. */
export class ExternalInputs {
  private readonly computed = new Map<ComputedRef["compute"], Promise<Computed>>();
  private readonly opened = new Map<
    ResourceRef["open"],
    { readonly ref: ResourceRef; readonly value: Promise<unknown> }
  >();

  private readonly matched = new Map<string, Promise<MatchedFiles>>();

  constructor(private readonly files: Files) {}

  /** Files are checked again each time. */
  file(path: string): Promise<FileState> {
    return this.files.state(path);
  }

  handle(path: string): FileHandle {
    return this.files.handle(path);
  }

  /** The files of a folder or glob, searched again each time. */
  match(pattern: string): Promise<MatchedFiles> {
    const matched = matchFiles(this.files, pattern);
    this.matched.set(pattern, matched);
    return matched;
  }

  /** The files as they were when a key was last computed from them. */
  lastMatched(pattern: string): Promise<MatchedFiles> {
    return this.matched.get(pattern) ?? this.match(pattern);
  }

  compute(ref: ComputedRef): Promise<Computed> {
    let value = this.computed.get(ref.compute);
    if (!value) {
      value = evaluate(ref);
      this.computed.set(ref.compute, value);
    }
    return value;
  }

  open(ref: ResourceRef): Promise<unknown> {
    let resource = this.opened.get(ref.open);
    if (!resource) {
      resource = { ref, value: Promise.resolve().then(ref.open) };
      this.opened.set(ref.open, resource);
    }
    return resource.value;
  }

  /** Closes what was opened. Returns the failures. */
  async close(): Promise<readonly { readonly name: string; readonly error: unknown }[]> {
    const ended = await Promise.all(
      [...this.opened.values()].map(async ({ ref, value }) => {
        try {
          // A resource that could not be opened has already failed its stage.
          const opened = await value.then(
            (it) => ({ it }),
            () => undefined,
          );
          if (opened) await ref.close?.(opened.it);
          return [];
        } catch (error) {
          return [{ name: ref.name, error }];
        }
      }),
    );
    this.opened.clear();
    return ended.flat();
  }
}

async function evaluate(ref: ComputedRef): Promise<Computed> {
  try {
    const value: unknown = await ref.compute();
    return { value, digest: digestValue(value, { foreign: tableCodecs.form }), text: textOfValue(value) };
  } catch (error) {
    return { error };
  }
}
