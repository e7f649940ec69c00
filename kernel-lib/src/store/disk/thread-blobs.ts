/** The blobs of a disk store as another thread of the same process reads and writes them; entries and heads stay with the kernel. */
import { BlobFiles } from "./blobs";
import { EvictedBlobs } from "../records/evicted-blobs";
import { OpenedFolder } from "./opened";
import type { BlobRef, NewBlob } from "../store";

export interface ThreadBlobs {
  /** As `Store.readBlob`. What is wrong is not told here: the kernel, asked next, tells it. */
  readBlob(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined>;
  /** The kernel has announced it. Durable when the commit is. Rejects with StagebookError `store-write`. */
  writeBlob(blob: NewBlob): Promise<void>;
}

export function openThreadBlobs(folder: string): ThreadBlobs {
  const opened = new OpenedFolder(
    folder,
    () => undefined,
    () => undefined,
  );
  const blobs = new BlobFiles(
    opened.files,
    opened.paths,
    new EvictedBlobs(opened.files, opened.paths.evicted()),
    opened.tell,
  );
  return {
    readBlob: async (ref, into) => {
      await opened.check();
      return blobs.read(ref, into);
    },
    writeBlob: (blob) => opened.writing(async () => (await blobs.stage(blob))?.publish()),
  };
}
