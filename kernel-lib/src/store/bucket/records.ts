/** Small objects of a bucket with the methods of files, for the code that the bucket store shares with the disk store. */
import type { Bucket } from "./port";

export class BucketRecords {
  constructor(private readonly bucket: Bucket) {}

  async read(name: string): Promise<Uint8Array | undefined> {
    return (await this.bucket.get(name))?.bytes;
  }

  async writeLoosely(name: string, text: string): Promise<void> {
    await this.bucket.put(name, Buffer.from(text));
  }

  async stamp(name: string): Promise<string | undefined> {
    return (await this.bucket.find(name))?.version;
  }
}
