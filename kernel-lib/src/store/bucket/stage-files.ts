/** The `StageFiles` of a store in a bucket: files lie in a temporary folder of the process, and their content also in the bucket. */
import type { ProcessFiles } from "../memory/process-files";
import type { FileRef, StageFiles } from "../store";
import type { BucketBlobs } from "./blobs";
import type { OpenedBucket } from "./opened";
import type { BucketWriter } from "./writer";

export class BucketStageFiles implements StageFiles {
  constructor(
    private readonly opened: OpenedBucket,
    private readonly files: ProcessFiles,
    private readonly blobs: BucketBlobs,
    private readonly writer: BucketWriter,
  ) {}

  scratchFolder(): Promise<string> {
    return this.files.scratchFolder();
  }

  async adoptFile(path: string, name: string): Promise<FileRef> {
    const ref = await this.files.adoptFile(path, name);
    const content = this.files.contentPath(ref.digest) ?? path;
    await this.opened.writing(() => this.writer.putAhead(ref, () => this.blobs.putFile(ref, content)));
    return ref;
  }

  async filePath(file: FileRef): Promise<string | undefined> {
    if (this.files.has(file.digest)) return this.files.filePath(file);
    return this.opened.reading(undefined, async () => {
      const isWhole = await this.files.receive(file.digest, (handle) => this.blobs.download(file, handle));
      return isWhole ? this.files.filePath(file) : undefined;
    });
  }
}
