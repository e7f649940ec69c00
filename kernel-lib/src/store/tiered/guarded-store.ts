/**
 * The notebook's own store in a bucket that may not be reachable: no call waits for it for long. After a failure it is not used for a while, which is
 * reported once; results then stay in the memory of the kernel, as after every failed commit. Used by `open-store.ts`.
 */
import { digestOf } from "../../key/digest";
import { StagebookError, type Digest, type RunId } from "../../protocol";
import { CircuitBreaker } from "./circuit-breaker";
import { composeStore } from "../compose-store";
import { endLate, releaseLate } from "./late-results";
import { copyFileInto } from "./shared-tier";
import { ProcessFiles } from "../memory/process-files";
import { unsharedClaim } from "../records/claim-record";
import { isUserError, storeWriteError } from "../records/store-error";
import type {
  BlobRef,
  Claim,
  ClaimOptions,
  ClaimOutcome,
  Claims,
  Entry,
  FileRef,
  HeadName,
  HeadRow,
  Holder,
  NewBlob,
  NotebookRecord,
  Notebooks,
  OnStoreProblem,
  Results,
  RunLog,
  StageFiles,
  Store,
} from "../store";

export interface GuardedStoreOptions {
  readonly onProblem: OnStoreProblem;
  /** Monotonic milliseconds; for tests. */
  readonly clock?: () => number;
}

/** `store`: reading and claiming reject when it cannot be reached. Maintenance is not guarded: its caller waits for the outcome. */
export function createGuardedStore(store: Store, options: GuardedStoreOptions): Store {
  const guard = new Guard(store, options);
  const files = new ProcessFiles();
  return composeStore({
    location: store.location,
    results: new GuardedResults(store, guard, files),
    runLog: guardRuns(store, guard),
    notebooks: guardNotebooks(store, guard),
    stageFiles: guardFiles(store, guard, files),
    claims: new GuardedClaims(store, guard),
    maintenance: store,
  });
}

const probeKey = digestOf("is the store there?");

/** Two breakers, because a store that refuses to be written may still be read. */
class Guard {
  private readonly reads: CircuitBreaker;
  private readonly writes: CircuitBreaker;

  constructor(
    private readonly store: Store,
    { onProblem, clock }: GuardedStoreOptions,
  ) {
    const { location } = store;
    const probe = (): Promise<unknown> => store.findEntry(probeKey);
    const kept = "results stay in the memory of this kernel";
    this.reads = new CircuitBreaker({ location, what: `the store is not used for now, and ${kept}`, onProblem, clock, probe }); // prettier-ignore
    this.writes = new CircuitBreaker({
      location,
      what: `the store is not written for now, and ${kept}`,
      onProblem,
      clock,
    });
  }

  get isDown(): boolean {
    return this.reads.isDown;
  }

  /** `fallback` when the store cannot be reached. Rejects with errors that do not concern the connection. */
  read<T, F = T>(fallback: F, work: () => Promise<T>, onLate?: (result: T) => void): Promise<T | F> {
    return this.reads.try(fallback, work, { isOwn, ...(onLate && { onLate }) });
  }

  /** The same for a write. */
  async write<T, F = T>(fallback: F, work: () => Promise<T>, onLate?: (result: T) => void): Promise<T | F> {
    if (this.reads.isDown) return fallback;
    return this.writes.try(fallback, work, { isOwn, ...(onLate && { onLate }) });
  }

  /** A write without which the caller cannot go on. Rejects with StagebookError `store-write`. */
  async mustWrite<T>(work: () => Promise<T>): Promise<T> {
    const done = await this.write(unreached, work);
    if (done === unreached) throw this.unwritten();
    return done;
  }

  private unwritten(): StagebookError {
    const advice = "Check the address, the credentials and the network, or set STAGEBOOK_STORE to another location.";
    return storeWriteError(this.store.location, "it cannot be reached or refuses to be written", advice, undefined);
  }
}

const unreached = Symbol("unreached");

/** An error of the caller, or about the content of the store; not one of the connection, which is the cause of a failed write. */
function isOwn(error: unknown): boolean {
  return isUserError(error) && !(error instanceof StagebookError && error.cause instanceof Error);
}

class GuardedResults implements Results {
  constructor(
    private readonly store: Store,
    private readonly guard: Guard,
    /** Files of stages, and chunks of streams that could not be put: they may exceed memory. */
    private readonly files: ProcessFiles,
  ) {}

  findEntry(key: Digest): Promise<Entry | undefined> {
    return this.guard.read(undefined, () => this.store.findEntry(key));
  }

  isWhole(entry: Entry): Promise<boolean> {
    return this.guard.read(false, () => this.store.isWhole(entry));
  }

  async readBlob(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.files.has(ref.digest)) return this.files.read(ref, into);
    // The memory may still be written to by a read that was given up.
    const bytes = await this.guard.read(undefined, () => this.store.readBlob(ref));
    if (!bytes || !into) return bytes;
    into.set(bytes);
    return into;
  }

  async putBlob(blob: NewBlob): Promise<void> {
    const isPut = await this.guard.write(false, () => this.store.putBlob(blob).then(() => true));
    if (!isPut) await this.files.put(blob);
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    await this.guard.mustWrite(async () => {
      for (const ref of entry.output.blobs) {
        const bytes = await this.files.read(ref);
        if (bytes) await this.store.putBlob({ ref, pieces: [bytes] });
      }
      for (const file of entry.output.files) {
        const path = await this.files.filePath(file);
        if (path !== undefined) await copyFileInto(this.store, path, file);
      }
      await this.store.commit(head, entry, blobs);
    });
  }

  async touch(head: HeadName, row: HeadRow): Promise<void> {
    await this.guard.write(undefined, () => this.store.touch(head, row));
  }

  history(head: HeadName): Promise<readonly HeadRow[]> {
    return this.guard.read([], () => this.store.history(head));
  }

  partials(): Promise<ReadonlySet<Digest>> {
    return this.guard.read(new Set<Digest>(), () => this.store.partials());
  }

  clear(head: HeadName): Promise<number> {
    return this.store.clear(head);
  }
}

class GuardedClaims implements Claims {
  constructor(
    private readonly store: Store,
    private readonly guard: Guard,
  ) {}

  async claim(key: Digest, who: HeadName, options?: ClaimOptions): Promise<ClaimOutcome> {
    const outcome = await this.guard.write(undefined, () => this.store.claim(key, who, options), releaseLate);
    if (!outcome) return { claim: unsharedClaim };
    return "claim" in outcome ? { ...outcome, claim: this.guarded(outcome.claim) } : outcome;
  }

  holderOf(key: Digest, options?: ClaimOptions): Promise<Holder | undefined> {
    return this.guard.read(undefined, () => this.store.holderOf(key, options));
  }

  async hold(entry: Entry): Promise<() => Promise<void>> {
    const release = await this.guard.write(undefined, () => this.store.hold(entry), endLate);
    return async () => {
      if (release) await this.end(release);
    };
  }

  async pin(key: Digest, isPinned: boolean): Promise<void> {
    await this.guard.mustWrite(() => this.store.pin(key, isPinned));
  }

  pinned(): Promise<ReadonlySet<Digest>> {
    return this.guard.read(new Set<Digest>(), () => this.store.pinned());
  }

  private guarded(claim: Claim): Claim {
    return {
      ...(claim.isUnshared ? { isUnshared: true as const } : {}),
      isHeld: () => this.guard.read(true, () => claim.isHeld()),
      report: (progress) => claim.report(progress),
      release: () => this.end(() => claim.release()),
    };
  }

  /** Always tried, because other processes wait for it; but not awaited while the store cannot be reached. */
  private async end(release: () => Promise<void>): Promise<void> {
    const releasing = release();
    releasing.catch(() => undefined);
    await this.guard.write(undefined, () => releasing);
  }
}

function guardRuns(store: Store, guard: Guard): RunLog {
  return {
    appendRun: async (run: RunId, lines: readonly string[]) => {
      await guard.write(undefined, () => store.appendRun(run, lines));
    },
    readRun: (run: RunId) => guard.read(undefined, () => store.readRun(run)),
  };
}

function guardNotebooks(store: Store, guard: Guard): Notebooks {
  return {
    notebooks: () => guard.read([], async () => store.notebooks()),
    addNotebook: (record: NotebookRecord) => guard.mustWrite(async () => store.addNotebook(record)),
    updateNotebook: async (record: NotebookRecord) => {
      await guard.write(undefined, async () => store.updateNotebook(record));
    },
  };
}

function guardFiles(store: Store, guard: Guard, files: ProcessFiles): StageFiles {
  return {
    scratchFolder: () => store.scratchFolder(),
    /** It is sent with the entry. */
    adoptFile: (path: string, name: string) => files.adoptFile(path, name),
    filePath: async (file: FileRef) =>
      files.has(file.digest) ? files.filePath(file) : guard.read(undefined, () => store.filePath(file)),
  };
}
