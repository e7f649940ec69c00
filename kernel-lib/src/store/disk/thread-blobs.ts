/** Access to the blobs of a disk store from a worker thread of the same process; entries and histories stay with the kernel. */
import { DiskBlobs } from "./blobs";
import type { StoreAccess } from "../files/file-access";
import { EvictedBlobs } from "../records/evicted-blobs";
import { OpenedFolder } from "./opened";
import type { BlobRef, NewBlob } from "../store";

export interface ThreadBlobs {
  /** As `Results.readBlob`. Problems are not reported here: the kernel, which tries next, reports them. */
  readBlob(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined>;
  /** The kernel must have announced the blob. Durable once its entry is committed. Rejects with StagebookError `store-write`. */
  writeBlob(blob: NewBlob): Promise<void>;
}

/** `access`: as of the store. */
export function openThreadBlobs(folder: string, access: StoreAccess): ThreadBlobs {
  const opened = new OpenedFolder(
    folder,
    () => undefined,
    () => undefined,
    undefined,
    undefined,
    access,
  );
  const blobs = new DiskBlobs(
    opened.files,
    opened.paths,
    new EvictedBlobs(opened.files, opened.paths.evicted()),
    opened.warn,
  );
  return {
    readBlob: async (ref, into) => {
      await opened.check();
      return blobs.read(ref, into);
    },
    writeBlob: (blob) => opened.writing(async () => (await blobs.stage(blob))?.publish()),
  };
}
