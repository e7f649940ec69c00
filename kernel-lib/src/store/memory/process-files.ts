/** The `StageFiles` of stores without a folder of their own: files in a temporary folder that is removed when the process ends. */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
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
import { isPlainName } from "../records/entry-record";
import type { BlobRef, FileRef, NewBlob, StageFiles } from "../store";
import { codeOf } from "../records/store-error";

const READ_ONLY = 0o444;

export class ProcessFiles implements StageFiles {
  private root: Promise<string> | undefined;
  /** The path of the content of each digest. */
  private readonly contents = new Map<Digest, string>();
  /** Paths that were handed out, by digest and name. */
  private readonly named = new Map<string, string>();

  async scratchFolder(): Promise<string> {
    const folder = path.join(await this.folder(), randomUUID());
    await mkdir(folder);
    return folder;
  }

  async adoptFile(file: string, name: string): Promise<FileRef> {
    const found = await stat(file).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    });
    if (!isPlainName(name) || found?.isFile() !== true)
      throw new StagebookError(
        "file-output",
        `the file output ${JSON.stringify(name)} cannot be stored: it is not a regular file`,
        "Write a regular file to the path that fileOut returned, before the stage ends.",
      );
    const digest = await digestOfFile(file);
    const content = path.join(await this.folder(), digest);
    await rename(file, content).catch(async (error: unknown) => {
      if (codeOf(error) !== "EXDEV") throw error;
      await copyFile(file, content);
      await rm(file);
    });
    await chmod(content, READ_ONLY);
    this.contents.set(digest, content);
    return { name, digest, sizeBytes: found.size };
  }

  async filePath({ digest, name }: FileRef): Promise<string | undefined> {
    const content = this.contents.get(digest);
    if (content === undefined) return undefined;
    const id = `${digest} ${name}`;
    const known = this.named.get(id);
    if (known !== undefined) return known;
    const copy = path.join(await this.scratchFolder(), name);
    await copyFile(content, copy);
    await chmod(copy, READ_ONLY);
    this.named.set(id, copy);
    return copy;
  }

  has(digest: Digest): boolean {
    return this.contents.has(digest);
  }

  /** The path of the content itself, which does not end in a file name. */
  contentPath(digest: Digest): string | undefined {
    return this.contents.get(digest);
  }

  /** Stores what `write` writes into a new file, unless it resolves to false. */
  async receive(digest: Digest, write: (file: FileHandle) => Promise<boolean>): Promise<boolean> {
    const content = path.join(await this.folder(), randomUUID());
    const file = await open(content, "wx");
    const isWhole = await write(file).finally(() => file.close());
    if (!isWhole) {
      await rm(content, { force: true });
      return false;
    }
    await chmod(content, READ_ONLY);
    this.contents.set(digest, content);
    return true;
  }

  async put({ ref, pieces }: NewBlob): Promise<void> {
    const content = path.join(await this.folder(), ref.digest);
    await writeFile(content, pieces);
    this.contents.set(ref.digest, content);
  }

  async read({ digest }: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    const content = this.contents.get(digest);
    const bytes = content === undefined ? undefined : await readFile(content);
    if (bytes && into) into.set(bytes);
    return bytes && (into ?? bytes);
  }

  async remove(digest: Digest): Promise<void> {
    const content = this.contents.get(digest);
    this.contents.delete(digest);
    if (content !== undefined) await rm(content, { force: true });
  }

  private folder(): Promise<string> {
    this.root ??= mkdtemp(path.join(tmpdir(), "stagebook-")).then((folder) => {
      removeAtExit(folder);
      return folder;
    });
    return this.root;
  }
}

const foldersToRemove = new Set<string>();

/** Removes the folder with its content when the process ends. If the process is killed, a later sweep or the system removes it. */
export function removeAtExit(folder: string): void {
  if (foldersToRemove.size === 0) process.once("exit", removeFolders);
  foldersToRemove.add(folder);
}

function removeFolders(): void {
  for (const folder of foldersToRemove) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // A later sweep will.
    }
  }
}

async function digestOfFile(file: string): Promise<Digest> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex") as unknown as Digest;
}
