/** Small objects of a bucket in the shape of files, for the parts that a store in a bucket shares with the disk store. */
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

  async text(name: string): Promise<string | undefined> {
    const bytes = await this.read(name);
    return bytes && textOf(bytes);
  }
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
