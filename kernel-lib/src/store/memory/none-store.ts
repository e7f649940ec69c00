/** A store that keeps nothing: in a kernel or script each call runs every stage that it needs, in a command each stage runs once. */
import { ProcessFiles } from "./process-files";
import { unsharedClaim } from "../records/claim-record";
import type { GcReport, Store, VerifyReport } from "../store";

const nothingRemoved: GcReport = {
  dryRun: false,
  removedEntries: 0,
  evictedEntries: 0,
  removedBlobs: 0,
  freedBytes: 0,
  keptEntries: 0,
  keptBytes: 0,
  removedRuns: 0,
  freedRunBytes: 0,
  keptRuns: 0,
  keptRunBytes: 0,
};
const noProblems: VerifyReport = { entries: 0, blobs: 0, sizeBytes: 0, problems: [], repaired: false };

/**
 * Accepts everything and never finds anything. Files, and the chunks of streams, which may exceed memory, lie in a temporary folder
 * until the process ends.
 */
export function createNoneStore(): Store {
  const files = new ProcessFiles();
  return {
    location: "none",
    keepsNothing: true,
    findEntry: async () => undefined,
    isWhole: async () => false,
    readBlob: (blob, into) => files.read(blob, into),
    putBlob: (blob) => files.put(blob),
    commit: async () => undefined,
    touch: async () => undefined,
    history: async () => [],
    partials: async () => new Set(),
    clear: async () => 0,
    appendRun: async () => undefined,
    readRun: async () => undefined,
    notebooks: () => [],
    addNotebook: () => true,
    updateNotebook: () => undefined,
    scratchFolder: () => files.scratchFolder(),
    adoptFile: (file, name) => files.adoptFile(file, name),
    filePath: (file) => files.filePath(file),
    claim: async () => ({ claim: unsharedClaim }),
    holderOf: async () => undefined,
    hold: async () => async () => undefined,
    pin: async () => undefined,
    pinned: async () => new Set(),
    gc: async ({ dryRun = false }) => ({ ...nothingRemoved, dryRun }),
    verify: async ({ repair = false }) => ({ ...noProblems, repaired: repair }),
  };
}
