/**
 * Results by what their executions read. A key made of declared inputs may have several results: one for each state of what the
 * executions read beyond them (files, variables, the time zone). The record under the key lists what was read, its *traces*; the key of
 * the result follows from the key and the current state of a trace. Equal code on equal inputs reads the same things first, so a result
 * whose trace has the same state is the result of running the stage now.
 */
import path from "node:path";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { digestOf } from "../../key/digest";
import { extendKey, type KnownKey, type ReadPart } from "../../key/key";
import { labelOfRead, isSameFolder, stateOfRead, unobserved, type ObservedRead } from "../../observe";
import type { Digest } from "../../protocol";
import type { Entry, TracedRead } from "../../store/store";
import type { Files } from "../external/files";
import type { Instance } from "../state/instances";
import type { Clock } from "../state/ports";
import type { KnownResults } from "../state/known-results";

export type Trace = readonly TracedRead[];

/** A key with the reads of the most recent execution under it, and the result, if there is one. */
export interface Found {
  readonly key: KnownKey;
  /** Absent when there is none, it is older than the stage allows, or its value is known to be invalid. */
  readonly entry: Entry | undefined;
  /** What the execution of the entry had read beyond its inputs. */
  readonly reads: readonly ObservedRead[];
  /** The result that is too old. */
  readonly expired?: Entry;
  /** The result whose value the stage calls invalid. */
  readonly rejected?: Entry;
}

/** How many traces are remembered under one key. */
const MAX_TRACES = 16;
/** A path is stored relative to the notebook's folder if it is at most this many folders above it: the same on other machines. */
const MAX_LEVELS_UP = 3;

/** Where results and traces are found and kept. */
export type ResultPort = Pick<KnownResults, "find" | "tracesOf" | "readTraces" | "keepTraces">;

export interface ObservedParts {
  readonly results: ResultPort;
  readonly files: Files;
  readonly clock: Clock;
  /** Whether the stage calls the stored value invalid. Default: it is never asked. */
  readonly isRejected?: (instance: Instance, key: Digest) => boolean;
}

export class ObservedResults {
  constructor(private readonly parts: ObservedParts) {}

  /** Finds the current result under a key of declared inputs. */
  find(instance: Instance, declared: KnownKey): MaybePromise<Found> {
    const { results } = this.parts;
    const found = results.find(instance, declared.key);
    return mapMaybe(found, (entry) => {
      const traces = entry ? undefined : results.tracesOf(declared.key);
      return traces ? this.follow(instance, declared, traces) : this.found(instance, declared, entry, []);
    });
  }

  /** The key of a result that was computed now, after these reads. */
  async extend(declared: KnownKey, reads: readonly ObservedRead[]): Promise<KnownKey> {
    return extendKey(declared, await this.partsOf(this.traceOf(reads)));
  }

  /** Makes the reads known under the key. `where`: the owner of the stored record. */
  async remember(
    instance: Instance,
    declared: KnownKey,
    reads: readonly ObservedRead[],
    made: Pick<Entry, "run" | "made" | "at">,
  ): Promise<void> {
    const { results } = this.parts;
    const trace = this.traceOf(reads);
    const same = JSON.stringify(trace);
    const known = (await results.readTraces(declared.key)) ?? [];
    if (known.some((each) => JSON.stringify(each) === same)) return;
    await results.keepTraces(instance, declared, [trace, ...known].slice(0, MAX_TRACES), made);
  }

  private async follow(instance: Instance, declared: KnownKey, traces: readonly Trace[]): Promise<Found> {
    const { results } = this.parts;
    const states = new Map<string, Promise<ReadPart>>();
    let newest: KnownKey | undefined;
    for (const trace of traces) {
      const key = extendKey(declared, await this.partsOf(trace, states));
      newest ??= key;
      const entry = await results.find(instance, key.key);
      if (entry) return this.found(instance, key, entry, trace);
    }
    // Another kernel may have read something else since.
    const again = await results.readTraces(declared.key);
    if (again && again.length !== traces.length) return this.follow(instance, declared, again);
    return { key: newest ?? declared, entry: undefined, reads: [] };
  }

  private found(instance: Instance, key: KnownKey, entry: Entry | undefined, trace: Trace): Found {
    const { maxAgeMs } = instance.definition;
    const isExpired = entry && maxAgeMs !== undefined && entry.at + maxAgeMs <= this.parts.clock.now();
    const reads = trace.length === 0 ? none : trace.map((read) => this.readOf(read));
    if (isExpired) return { key, entry: undefined, reads, expired: entry };
    const isRejected = entry && this.parts.isRejected?.(instance, entry.key) === true;
    return isRejected ? { key, entry: undefined, reads, rejected: entry } : { key, entry, reads };
  }

  /** The current state of each read. `states`: those that are known already. */
  private partsOf(trace: Trace, states = new Map<string, Promise<ReadPart>>()): Promise<readonly ReadPart[]> {
    return unobserved(() =>
      Promise.all(
        trace.map((read) => {
          const id = `${read.kind} ${read.name} ${read.fields ?? ""}`;
          const state = states.get(id) ?? this.partOf(id, read);
          states.set(id, state);
          return state;
        }),
      ),
    );
  }

  private async partOf(id: string, traced: TracedRead): Promise<ReadPart> {
    const { folder } = this.parts.files;
    const read = this.readOf(traced);
    if (isPath(read.kind) && read.kind !== "file") this.parts.files.watch.looked(read.name);
    const { digest, text } = read.kind === "cwd" ? this.workingFolder() : await stateOfRead(read, this.parts.files);
    return { id, part: { kind: "read", name: labelOfRead(read, folder), digest, text } };
  }

  /** The notebook's folder is the same one wherever it is. */
  private workingFolder(): { readonly digest: Digest; readonly text: string } {
    const { folder } = this.parts.files;
    const current = process.cwd();
    // A folder that is opened through a link.
    const text = isSameFolder(current, folder) ? "." : portable(folder, current);
    return { digest: digestOf(text), text };
  }

  private traceOf(reads: readonly ObservedRead[]): Trace {
    const { folder } = this.parts.files;
    return reads.map(({ kind, name, fields }) => ({
      kind,
      name: isPath(kind) ? portable(folder, name) : name,
      ...(fields === undefined ? {} : { fields }),
    }));
  }

  private readOf({ kind, name, fields }: TracedRead): ObservedRead {
    const full = isPath(kind) ? path.resolve(this.parts.files.folder, name) : name;
    return { kind: kind as ObservedRead["kind"], name: full, ...(fields === undefined ? {} : { fields }) };
  }
}

const none: readonly ObservedRead[] = [];
const paths: ReadonlySet<string> = new Set(["file", "folder", "exists", "stat", "link"]);

function isPath(kind: string): boolean {
  return paths.has(kind);
}

/** Relative to the folder when it is near, with slashes on every system; otherwise absolute. */
function portable(folder: string, full: string): string {
  const relative = path.relative(folder, full);
  const levels = relative.split(path.sep).filter((name) => name === "..").length;
  if (path.isAbsolute(relative) || levels > MAX_LEVELS_UP) return full;
  return relative === "" ? "." : relative.split(path.sep).join("/");
}
