/** A store that remembers nothing: every stage runs each time. */
import { mkdtemp, readFile, rename, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createReadStream, rmSync } from "node:fs";
import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import type { Digest } from "../protocol";
import type { BlobRef, Claim, FileRef, GcReport, NewBlob, Store, VerifyReport } from "./store";

const nothingRemoved: GcReport = {
  dryRun: false,
  removedEntries: 0,
  evictedEntries: 0,
  removedBlobs: 0,
  freedBytes: 0,
  keptEntries: 0,
  keptBytes: 0,
};
const nothingWrong: VerifyReport = { entries: 0, blobs: 0, sizeBytes: 0, problems: [], repaired: false };
const freeClaim: Claim = { report: () => undefined, release: async () => undefined };

/** Takes everything, keeps nothing; nothing is ever found. Files and the chunks of streams, which may be larger than memory, lie in a temporary folder until the process ends. */
export function createNoneStore(): Store {
  const files = new Map<string, string>();
  const chunks = new Chunks(() => scratchFolder());
  const scratchFolder = async (): Promise<string> => {
    const folder = await mkdtemp(path.join(tmpdir(), "stagebook-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };
  return {
    location: "none",
    keepsNothing: true,
    findEntry: async () => undefined,
    isWhole: async () => false,
    readBlob: (blob, into) => chunks.read(blob, into),
    putBlob: (blob) => chunks.put(blob),
    commit: async () => undefined,
    touch: async () => undefined,
    history: async () => [],
    partials: async () => new Set(),
    clear: async () => 0,
    appendRun: async () => undefined,
    readRun: async () => undefined,
    scratchFolder,
    adoptFile: async (file, name) => {
      const ref: FileRef = { name, digest: await digestOfFile(file), sizeBytes: (await stat(file)).size };
      const kept = path.join(await scratchFolder(), name);
      await rename(file, kept);
      files.set(`${ref.digest} ${name}`, kept);
      return ref;
    },
    filePath: async (file) => files.get(`${file.digest} ${file.name}`),
    claim: async () => ({ claim: freeClaim }),
    hold: async () => async () => undefined,
    pin: async () => undefined,
    pinned: async () => new Set(),
    gc: async ({ dryRun = false }) => ({ ...nothingRemoved, dryRun }),
    verify: async () => nothingWrong,
  };
}

async function digestOfFile(file: string): Promise<Digest> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex") as unknown as Digest;
}

/** The chunks of streams, as files. */
class Chunks {
  private folder: Promise<string> | undefined;
  private readonly there = new Set<Digest>();

  constructor(private readonly makeFolder: () => Promise<string>) {}

  async put({ ref, pieces }: NewBlob): Promise<void> {
    this.folder ??= this.makeFolder();
    await writeFile(path.join(await this.folder, ref.digest), pieces);
    this.there.add(ref.digest);
  }

  async read({ digest }: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    if (!this.folder || !this.there.has(digest)) return undefined;
    const bytes = await readFile(path.join(await this.folder, digest));
    into?.set(bytes);
    return into ?? bytes;
  }
}
