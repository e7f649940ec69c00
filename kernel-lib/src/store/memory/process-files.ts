/** Files of stages for stores without a folder of their own: in a temporary folder, gone with the process. */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
  type FileHandle,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import { removeAtExit } from "./at-exit";
import { isPlainName } from "../records/entry-record";
import type { BlobRef, FileRef, NewBlob } from "../store";
import { codeOf } from "../records/store-error";

const READ_ONLY = 0o444;

export class ProcessFiles {
  private root: Promise<string> | undefined;
  /** Where the bytes of each digest lie. */
  private readonly kept = new Map<Digest, string>();
  /** Paths that were given out, by digest and name. */
  private readonly given = new Map<string, string>();

  async scratchFolder(): Promise<string> {
    const folder = path.join(await this.folder(), randomUUID());
    await mkdir(folder);
    return folder;
  }

  /** Rejects with `file-output` for what is no plain file, or no plain name. */
  async adopt(file: string, name: string): Promise<FileRef> {
    const found = await stat(file).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    });
    if (!isPlainName(name) || found?.isFile() !== true)
      throw new StagebookError(
        "file-output",
        `the file output ${JSON.stringify(name)} cannot be kept: there is no plain file of that name`,
        "Write a plain file at the path that fileOut gave, before the stage ends.",
      );
    const digest = await digestOfFile(file);
    const place = path.join(await this.folder(), digest);
    await rename(file, place).catch(async (error: unknown) => {
      if (codeOf(error) !== "EXDEV") throw error;
      await copyFile(file, place);
      await rm(file);
    });
    await chmod(place, READ_ONLY);
    this.kept.set(digest, place);
    return { name, digest, sizeBytes: found.size };
  }

  async path({ digest, name }: FileRef): Promise<string | undefined> {
    const place = this.kept.get(digest);
    if (place === undefined) return undefined;
    const id = `${digest} ${name}`;
    const known = this.given.get(id);
    if (known !== undefined) return known;
    const made = path.join(await this.scratchFolder(), name);
    await copyFile(place, made);
    await chmod(made, READ_ONLY);
    this.given.set(id, made);
    return made;
  }

  has(digest: Digest): boolean {
    return this.kept.has(digest);
  }

  /** Where the content lies, under no name of its own. */
  placeOf(digest: Digest): string | undefined {
    return this.kept.get(digest);
  }

  /** Keeps what is written into the file, unless that gives false. */
  async receive(digest: Digest, write: (file: FileHandle) => Promise<boolean>): Promise<boolean> {
    const place = path.join(await this.folder(), randomUUID());
    const file = await open(place, "wx");
    const isWhole = await write(file).finally(() => file.close());
    if (!isWhole) {
      await rm(place, { force: true });
      return false;
    }
    await chmod(place, READ_ONLY);
    this.kept.set(digest, place);
    return true;
  }

  async put({ ref, pieces }: NewBlob): Promise<void> {
    const place = path.join(await this.folder(), ref.digest);
    await writeFile(place, pieces);
    this.kept.set(ref.digest, place);
  }

  async read({ digest }: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    const place = this.kept.get(digest);
    const bytes = place === undefined ? undefined : await readFile(place);
    if (bytes && into) into.set(bytes);
    return bytes && (into ?? bytes);
  }

  async remove(digest: Digest): Promise<void> {
    const place = this.kept.get(digest);
    this.kept.delete(digest);
    if (place !== undefined) await rm(place, { force: true });
  }

  private folder(): Promise<string> {
    this.root ??= mkdtemp(path.join(tmpdir(), "stagebook-")).then((folder) => {
      removeAtExit(folder);
      return folder;
    });
    return this.root;
  }
}

async function digestOfFile(file: string): Promise<Digest> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex") as unknown as Digest;
}
