/** Results as the engine sees them: found by key, remembered in this kernel, committed under the stage's name. */
import { BoundedMap } from "./bounded-map";
import type { Digest } from "../../protocol";
import { isStagebookError, messageOf } from "../../protocol";
import type { KnownKey } from "../../key/key";
import type { NotebookIdentity } from "../../store/notebooks/notebook-identity";
import type { BlobRef, Entry, HeadName, NewBlob, Store, TracedRead } from "../../store/store";
import { readItems } from "../../store/codecs/items";
import { decodeValue, type ReadBlob } from "../../store/codecs/value";
import type { Codec } from "../../store/codecs/codec";
import { codecNamed } from "../../store/codecs/named-codecs";
import type { CodecName } from "../../stage/stage-options";
import { withPaths } from "../external/file-outputs";
import type { Instance } from "./instances";
import type { MaybePromise } from "../../async/maybe-promise";
import { defaultLimits } from "../../stage/limits";
import { LatestResults } from "./latest-results";
import { tracesEntry } from "./traces-entry";
import { checkpointsOf, itemsOf, readsOf, stageName } from "./stored-names";
import type { PulledItems } from "../../async/pulled-items";
import { HeldItems } from "../streams/held-items";
import { StoredStream } from "../streams/streams";

/** A value that exists in this kernel only. */
interface Unstored {
  readonly entry: Entry;
  readonly blobs: readonly NewBlob[];
}

/** Recomputes a result that turned out to be gone; undefined when that fails. */
export type Recompute = () => Promise<Entry | undefined>;

export class KnownResults {
  private readonly entries = new BoundedMap<Digest, Entry>(() => this.maxRemembered());
  /** Keys whose value was computed or read in this kernel. */
  private readonly here = new BoundedMap<Digest, true>(() => this.maxRemembered());
  private readonly latests: LatestResults;
  /** What executions under a key have read beyond its inputs: such a key has no entry of its own. */
  private readonly traces = new BoundedMap<Digest, NonNullable<Entry["traces"]>>(() => this.maxRemembered());
  private readonly unstored = new Map<Digest, Unstored>();
  /** Values that may be used within their run only; gone with their entry. */
  private readonly runScoped = new WeakMap<Entry, readonly NewBlob[]>();
  /** Entries whose value is gone from the store: they still describe it. */
  private readonly missingValues = new Set<Digest>();
  private changes = 0;
  /** Only the last one of each stage stays in memory. */
  private readonly unstoredOf = new Map<string, Digest>();

  constructor(
    private readonly store: Store,
    private readonly notebook: NotebookIdentity,
    private readonly onProblem: (message: string, where: string) => void,
    /** Whether the stage accepts a value from the store. */
    private readonly check: (instance: Instance, value: unknown, key: Digest) => Promise<boolean>,
    /** Whether everything until the process ends counts as one run. */
    private readonly isOneRun: () => boolean = () => false,
    /** How many results are remembered at least. */
    private readonly minRemembered = defaultLimits.rememberedResults,
  ) {
    this.latests = new LatestResults(store, notebook, onProblem);
  }

  /** While it is the same, every result is found as before. */
  get version(): number {
    return this.changes + this.entries.version + this.here.version + this.traces.version;
  }

  async partials(): Promise<ReadonlySet<Digest>> {
    const unstored = [...this.unstored.values()].map(({ entry }) => entry.partial);
    const stored = await this.store.partials();
    return unstored.length === 0 ? stored : new Set([...stored, ...unstored]);
  }

  /** The entry of a key that was found before. */
  findRemembered(key: Digest): Entry | undefined {
    return this.unstored.get(key)?.entry ?? this.entries.get(key);
  }

  /** The entry of a key; undefined for stages that store no results. */
  find(instance: Instance, key: Digest): MaybePromise<Entry | undefined> {
    const kept = this.findRemembered(key);
    return kept || !instance.definition.cache || this.store.keepsNothing ? kept : this.findStored(key);
  }

  private async findStored(key: Digest): Promise<Entry | undefined> {
    const entry = await this.store.findEntry(key);
    if (!entry) return undefined;
    if (entry.traces) {
      this.traces.set(key, entry.traces);
      return undefined;
    }
    if (!(await this.store.isWhole(entry))) this.setMissing(key, true);
    this.entries.set(key, entry);
    return entry;
  }

  /** What executions under the key have read beyond its inputs, as far as known in this kernel. */
  tracesOf(key: Digest): Entry["traces"] {
    return this.traces.get(key);
  }

  /** The same, with what other kernels have stored since. */
  async readTraces(key: Digest): Promise<Entry["traces"]> {
    if (!this.store.keepsNothing) await this.findStored(key);
    return this.traces.get(key);
  }

  /** Remembers the traces of a key, in the store too if the stage's results are stored. Throws StagebookError `store-write`. */
  async keepTraces(
    instance: Instance,
    key: KnownKey,
    traces: readonly (readonly TracedRead[])[],
    made: Pick<Entry, "run" | "made" | "at">,
  ): Promise<void> {
    this.traces.set(key.key, traces);
    // A result without reads that was found under the key before is of another execution.
    this.entries.delete(key.key);
    if (!instance.definition.cache || this.store.keepsNothing) return;
    const head = { notebook: await this.notebook.claim(), stage: readsOf(stageName(instance)) };
    await this.store.commit(head, tracesEntry(key, traces, made), []);
  }

  /** True when the value is gone though its record exists: as far as known, or checked in the store (`recheck`). */
  isGone(key: Digest, recheck?: false): boolean;
  isGone(key: Digest, recheck: boolean): boolean | Promise<boolean>;
  isGone(key: Digest, recheck = false): boolean | Promise<boolean> {
    const entry = recheck && !this.unstored.has(key) ? this.entries.get(key) : undefined;
    return entry ? this.checkStored(entry) : this.missingValues.has(key);
  }

  private async checkStored(entry: Entry): Promise<boolean> {
    // What was found damaged when read may still look whole.
    if (!this.missingValues.has(entry.key) && !(await this.store.isWhole(entry))) this.setMissing(entry.key, true);
    return this.missingValues.has(entry.key);
  }

  isHere(key: Digest): boolean {
    return this.here.has(key);
  }

  /**
   * The output of an entry, decoded again for each caller; undefined when it is gone or the stage calls it invalid. `recompute`: for a
   * stream of which a chunk turns out to be gone only when it is read.
   */
  async load(
    entry: Entry,
    instance: Instance,
    recompute?: Recompute,
  ): Promise<{ readonly value: unknown } | undefined> {
    const isStored = !this.runScoped.has(entry) && !this.unstored.has(entry.key);
    const loaded = await this.read(entry, instance.definition.codec, recompute);
    if (!loaded) {
      this.setMissing(entry.key, true);
      return undefined;
    }
    if (isStored && !(await this.check(instance, loaded.value, entry.key))) {
      // Other stages, and this one once it checks otherwise, may use it.
      this.changes++;
      return undefined;
    }
    this.here.set(entry.key, true);
    return loaded;
  }

  /** As `load`, for a result whose stage is not defined. */
  async read(
    entry: Entry,
    stageCodec?: Codec | CodecName,
    recompute?: Recompute,
  ): Promise<{ readonly value: unknown } | undefined> {
    const codec = stageCodec ?? codecNamed(entry.output.codec);
    const { items, blobs } = entry.output;
    if (items !== undefined)
      return { value: new StoredStream(items, (from) => this.items(entry, codec, recompute, from)) };
    try {
      const decoded = await decodeValue(blobs, codec, this.reader(entry));
      return decoded && (await withPaths(decoded.value, entry, this.store));
    } catch (error) {
      // Bytes of another version of a codec: a cache miss, never the user's error.
      this.onProblem(`a result could not be decoded and will be recomputed: ${messageOf(error)}`, entry.key);
      return undefined;
    }
  }

  /** Maintenance removes no chunk while it is being read. */
  private items(
    entry: Entry,
    codec: Codec | CodecName | undefined,
    recompute: Recompute | undefined,
    from = 0,
  ): PulledItems {
    return new HeldItems(from, {
      hold: () => this.store.hold(entry),
      read: (first) => readItems(entry.output.blobs, codec, this.reader(entry), first),
      continueAfter: async (error, count) => {
        if (!isStagebookError(error) || error.code !== "stream-lost") throw error;
        this.setMissing(entry.key, true);
        const again = await recompute?.();
        // Items that differ from those before cannot be continued from here.
        if (again?.output.digest !== entry.output.digest) throw error;
        return this.items(again, codec, undefined, count);
      },
    });
  }

  /** False when only this kernel has the bytes. */
  isInStore(entry: Entry): boolean {
    return !this.runScoped.get(entry)?.length && !this.unstored.has(entry.key);
  }

  /** Reads the blobs of an entry, from memory or the store. */
  reader(entry: Entry): ReadBlob {
    const kept = this.runScoped.get(entry) ?? this.unstored.get(entry.key)?.blobs;
    return (blob, into) => this.readBlob(kept, blob, into);
  }

  private async readBlob(
    kept: readonly NewBlob[] | undefined,
    blob: BlobRef,
    into?: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const pieces = kept?.find(({ ref }) => ref.digest === blob.digest)?.pieces;
    if (!pieces) return this.store.readBlob(blob, into);
    const bytes = into ?? new Uint8Array(blob.sizeBytes);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.byteLength;
    }
    return bytes;
  }

  /** Makes the result durable and the stage's latest. Throws StagebookError `store-write`. */
  commit(instance: Instance, entry: Entry, blobs: readonly NewBlob[]): MaybePromise<void> {
    if (!this.store.keepsNothing) return this.commitToStore(instance, entry, blobs);
    return this.isOneRun() ? this.keepUnstored(instance, entry, blobs) : this.keepForRun(entry, blobs);
  }

  private async commitToStore(instance: Instance, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    await this.store.commit({ notebook: await this.notebook.claim(), stage: stageName(instance) }, entry, blobs);
    this.entries.set(entry.key, entry);
    this.setMissing(entry.key, false);
    this.remember(instance, entry);
  }

  /** Resolves once the human-readable links in latest/ are up to date. */
  async latestWritten(): Promise<void> {
    await this.store.latestWritten?.();
  }

  /** The result of one item of a stage, beside the stage's own. */
  commitItem(stage: string, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    return this.commitPart(itemsOf(stage), entry, blobs);
  }

  /** A record that belongs to a stage and is not a result. `owner`: a name of `stored-names.ts`. */
  async commitPart(owner: string, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    await this.store.commit({ notebook: await this.notebook.claim(), stage: owner }, entry, blobs);
  }

  /** Keeps the bytes of a result for its run: no later run may use them. */
  keepForRun(entry: Entry, blobs: readonly NewBlob[]): void {
    this.runScoped.set(entry, copied(blobs));
    this.setMissing(entry.key, false);
  }

  /** Keeps a result in this kernel only. */
  keepUnstored(instance: Instance, entry: Entry, blobs: readonly NewBlob[]): void {
    this.holdUnstored(instance, entry.key);
    this.keepForRun(entry, blobs);
    this.changes++;
    this.unstored.set(entry.key, { entry, blobs: this.runScoped.get(entry) ?? blobs });
    this.remember(instance, entry);
  }

  /** Identical stages share one value: it is dropped with the last of them. */
  private holdUnstored(instance: Instance, key: Digest): void {
    const before = this.unstoredOf.get(instance.id);
    if (before === key) return;
    this.unstoredOf.set(instance.id, key);
    if (before === undefined || [...this.unstoredOf.values()].includes(before)) return;
    this.unstored.delete(before);
    this.changes++;
  }

  /** The stage's latest result is one that already existed. */
  makeLatest(instance: Instance, entry: Entry): MaybePromise<void> {
    if (this.unstored.has(entry.key)) this.holdUnstored(instance, entry.key);
    if (this.latests.remembered(instance)?.key === entry.key) return;
    this.latests.remember(instance, entry);
    if (instance.overlay.size > 0 || this.unstored.has(entry.key)) return;
    return this.latests.touch(instance, entry);
  }

  /** The stage's latest result, current or not. */
  latest(instance: Instance): MaybePromise<Entry | undefined> {
    return this.latests.of(instance);
  }

  /** The result with which an instance is compared that has no current one. */
  latestToCompare(instance: Instance): MaybePromise<Entry | undefined> {
    return this.latests.toCompare(instance);
  }

  /** Newest first. */
  history(stage: string): Promise<readonly Entry[]> {
    return this.latests.history(stage);
  }

  async clear(stage: string): Promise<number> {
    const notebook = await this.notebook.find();
    const removed = notebook === undefined ? 0 : await this.store.clear({ notebook, stage });
    if (notebook !== undefined)
      for (const part of [itemsOf(stage), readsOf(stage), checkpointsOf(stage)])
        await this.store.clear({ notebook, stage: part });
    this.forget();
    return removed;
  }

  /** Forgets what was remembered of the store. */
  forget(): void {
    this.entries.clear();
    this.traces.clear();
    this.latests.forget();
    this.unstored.clear();
    this.here.clear();
    this.missingValues.clear();
  }

  private setMissing(key: Digest, isMissing: boolean): void {
    if (this.missingValues.has(key) !== isMissing) this.changes++;
    if (isMissing) this.missingValues.add(key);
    else this.missingValues.delete(key);
  }

  /** Enough for the current results of all stages: those of older runs are found in the store again. */
  private maxRemembered(): number {
    return Math.max(this.minRemembered, 4 * this.latests.size);
  }

  private remember(instance: Instance, entry: Entry): void {
    this.here.set(entry.key, true);
    this.latests.remember(instance, entry);
  }

  /** Who computes a result, as other processes show it. */
  claimantOf(instance: Instance): HeadName {
    return { notebook: this.notebook.name, stage: stageName(instance) };
  }
}

/** Some pieces share memory with the value itself, which the user gets now. */
function copied(blobs: readonly NewBlob[]): readonly NewBlob[] {
  return blobs.map((blob) => (blob.isOwn === true ? blob : { ...blob, pieces: blob.pieces.map((piece) => new Uint8Array(piece)) })); // prettier-ignore
}
