/**
 * The default store: files in one folder, `.stagebook/` beside the notebook. Created by the composition root. Nothing is written
 * before the first result. The formats are described in docs/reference/store-format.md.
 *
 *   blobs-v1/ab/cdef…             encoded values and files, named by the sha256 of their bytes
 *   entries-v1/<key>.json         one self-checking record per result; its mtime is when the result was last used
 *   heads/<notebook>/<stage>      the history of a stage: one self-checking line per key
 *   latest/<notebook>/<stage>     a link to the newest value, and beside it a human-readable `.json` record
 *   notebooks/<notebook>.json     what each notebook is recognized by
 *   runs/<run>.ndjson             the events and log lines of each run; the list of runs of each notebook
 *   live/<process>                the live processes, and the blobs that each is about to refer to
 *   claims/<key>                  the process that is computing a result
 *   holds/, pins/<key>            results that maintenance must not remove
 *   scratch/<process>-…/          files that stages write and read, removed with the process
 *   evicted.json                  the blobs that maintenance removed from results whose records stay
 */
import { messageOf } from "../../protocol";
import { composeStore } from "../compose-store";
import type { StoreAccess } from "../files/file-access";
import type { FileSystem } from "../files/file-system";
import { DiskNotebooks } from "../notebooks/disk-notebooks";
import type { EntrySeal } from "../records/entry-record";
import { EvictedBlobs } from "../records/evicted-blobs";
import type { OnStoreProblem, Store } from "../store";
import { DiskBlobs } from "./blobs";
import { ClaimFiles } from "./claim-files";
import { DiskClaims } from "./claims";
import { DiskHeads } from "./heads";
import { LatestLinks } from "./latest";
import { DiskLive } from "./live";
import { removeLeftovers } from "./maintenance/leftovers";
import { DiskMaintenance } from "./maintenance/maintenance";
import { OpenedFolder } from "./opened";
import { Protection } from "./protection";
import { DiskResults } from "./results";
import { DiskRuns } from "./runs";
import { DiskStageFiles, ScratchFiles } from "./stage-files";
import { DiskUses } from "./uses";
import { ResultWriter } from "./writer";

export interface DiskStoreOptions {
  /** Absolute path. Created at the first write. */
  readonly folder: string;
  readonly onProblem: OnStoreProblem;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Maximum size of all values in bytes: above it, values of the least recently used results are removed in the background. Default: no limit. */
  readonly maxBytes?: number;
  /** Signs entries; those that it did not sign are treated as absent. */
  readonly seal?: EntrySeal;
  /** Reading writes nothing, not even when a result was last used. Nothing may be committed to such a store. */
  readonly isReadOnly?: boolean;
  /** A record that cannot be read rejects with the system error. Default: it is reported and treated as absent. */
  readonly throwsUnreadable?: boolean;
  /** Who may read what it writes. Default: the user alone. */
  readonly access?: StoreAccess;
  /** For tests that let file operations fail. */
  readonly fileSystem?: FileSystem;
}

export interface DiskStore extends Store {
  /** Removes files that killed processes left behind; happens automatically once per session. Returns the number of files. */
  sweep(): Promise<number>;
  /** Resolves when no background work is in progress. */
  settled(): Promise<void>;
}

/** Many processes may use one folder at the same time. */
export function createDiskStore(options: DiskStoreOptions): DiskStore {
  const { folder, onProblem, now = Date.now, maxBytes, seal, isReadOnly = false, throwsUnreadable, access = "private", fileSystem } = options; // prettier-ignore
  let sweeping: Promise<unknown> = Promise.resolve();
  const opened = new OpenedFolder(
    folder,
    onProblem,
    () => void (sweeping = sweepQuietly()),
    fileSystem,
    throwsUnreadable,
    access,
  );
  const { files, paths, warn } = opened;
  const heads = new DiskHeads(files, paths, warn);
  const live = new DiskLive(files, paths);
  const claimFiles = new ClaimFiles(files, paths, live, warn);
  const protection = new Protection(files, paths, live);
  const evicted = new EvictedBlobs(files, paths.evicted());
  const blobs = new DiskBlobs(files, paths, evicted, warn);
  const scratch = new ScratchFiles(files, paths, live, blobs);
  const writer = new ResultWriter(files, paths, live, blobs, seal);
  const latest = new LatestLinks(files, paths, warn);
  const uses = new DiskUses(files, paths, now);

  const ownWrites = async (): Promise<void> => {
    await Promise.all([uses.settled(), writer.settled()]);
  };
  const context = { files, paths, heads, live, protection, evicted, now };
  const maintenance = new DiskMaintenance(opened, claimFiles, context, ownWrites);
  const sizeLimit = maxBytes === undefined ? undefined : maintenance.limitTo(maxBytes);

  const sweep = (): Promise<number> => removeLeftovers({ files, paths, claimFiles, live, protection, scratch, now });
  // Not awaited by the write that starts it: there may be thousands of files to look at.
  const sweepQuietly = (): Promise<unknown> =>
    sweep().catch((error: unknown) => warn(`leftover files could not be removed (${messageOf(error)})`, folder));

  const store = composeStore({
    location: folder,
    threads: {
      folder,
      announce: (digests) => opened.writing(() => writer.announceAllAhead(digests)),
    },
    latestWritten: () => latest.written(),
    results: new DiskResults({ opened, heads, blobs, writer, latest, uses, maintenance, sizeLimit, seal, isReadOnly }),
    runLog: new DiskRuns(opened, live),
    notebooks: new DiskNotebooks(folder, warn, access),
    stageFiles: new DiskStageFiles(opened, scratch, writer, isReadOnly),
    claims: new DiskClaims(opened, claimFiles, protection),
    maintenance,
  });
  return {
    ...store,
    sweep,
    settled: async () => {
      await sweeping;
      await sizeLimit?.settled();
      await Promise.all([ownWrites(), latest.written()]);
    },
  };
}
