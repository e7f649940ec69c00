/**
 * The file with the compiled cells of one notebook, in a folder of this user's alone: an entry is code that is executed. A file that is
 * damaged, or that another user could have written, counts as missing.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { codeOf } from "../../../store/records/store-error";
import { writeSmallFile } from "../../../store/files/small-files";
import type { ConvertedCell } from "../compiler";
import type { DeclaredParam } from "../../../stage/param";
import type { FolderLooks } from "./look-ups";

/** What one call of the converter returned, and what it did beside. */
export interface ConversionRecord {
  readonly cell: ConvertedCell;
  /** Local modules that were compiled with it. */
  readonly emits: readonly string[];
  /** The parameters that its source declares, once they were asked for. */
  params?: readonly (readonly [name: string, param: DeclaredParam])[];
}

export interface RecordDocument {
  readonly looks: readonly FolderLooks[];
  readonly cells: Readonly<Record<string, ConversionRecord>>;
}

/** From `STAGEBOOK_COMPILE_CACHE`: a folder, relative to `folder`, or `none`. Undefined: nothing is kept. */
export function recordFolder(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): string | undefined {
  const { STAGEBOOK_COMPILE_CACHE: choice, XDG_CACHE_HOME: caches, HOME: home } = environment;
  if (choice === "none") return undefined;
  if (choice) return path.resolve(folder, choice);
  // A relative path in this variable is to be ignored, as its specification says.
  const parent = caches && path.isAbsolute(caches) ? caches : path.join(home || os.homedir(), ".cache");
  return path.join(parent, "stagebook", "cells");
}

/** All files together, and one alone. */
const MAX_BYTES = 64 * 2 ** 20;
const MAX_FILE_BYTES = 8 * 2 ** 20;
/** The time of a file in use is renewed that often; what was not used for long goes first. */
const RENEWED_MS = 24 * 3_600_000;

export class RecordFile {
  private readonly file: string;
  private isReported = false;

  /** `identity`: the notebook, and everything about this installation that the compiled code depends on. */
  constructor(
    private readonly folder: string,
    identity: string,
    private readonly log: (message: string) => void,
  ) {
    this.file = path.join(folder, `${createHash("sha256").update(identity).digest("hex").slice(0, 40)}.json`);
  }

  read(): RecordDocument | undefined {
    try {
      const stat = fs.lstatSync(this.file, { throwIfNoEntry: false });
      if (!stat?.isFile() || !isPrivate(this.folder) || !isPrivate(this.file)) return undefined;
      const text = fs.readFileSync(this.file, "utf8");
      const end = text.indexOf("\n");
      const body = text.slice(end + 1);
      if (text.slice(0, end) !== checksum(body)) return undefined;
      if (Date.now() - stat.mtimeMs > RENEWED_MS) fs.utimesSync(this.file, new Date(), new Date());
      return JSON.parse(body) as RecordDocument;
    } catch (error) {
      this.debug(`compiled cells cannot be read from ${this.folder}: ${codeOf(error)}`);
      return undefined;
    }
  }

  write(document: RecordDocument): void {
    try {
      const body = JSON.stringify(document);
      if (body.length > MAX_FILE_BYTES) return this.debug(`the compiled cells are not kept: they have ${body.length} bytes`); // prettier-ignore
      fs.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      if (!isPrivate(this.folder))
        return this.debug(`compiled cells are not kept in ${this.folder}: other users can write there`);
      writeSmallFile(this.file, `${checksum(body)}\n${body}`, { isPrivate: true, isFlushed: false });
      this.removeOldest();
    } catch (error) {
      this.debug(`compiled cells cannot be kept in ${this.folder}: ${codeOf(error)}`);
    }
  }

  /** What cannot be read cannot be written, as a rule: one line says it. */
  private debug(message: string): void {
    if (!this.isReported) this.log(message);
    this.isReported = true;
  }

  private removeOldest(): void {
    const files = fs.readdirSync(this.folder).flatMap((name) => {
      const file = path.join(this.folder, name);
      const stat = fs.lstatSync(file, { throwIfNoEntry: false });
      return stat?.isFile() ? [{ file, bytes: stat.size, usedMs: stat.mtimeMs }] : [];
    });
    let bytes = 0;
    for (const each of files.sort((a, b) => b.usedMs - a.usedMs)) {
      bytes += each.bytes;
      if (bytes > MAX_BYTES && each.file !== this.file) fs.rmSync(each.file, { force: true });
    }
  }
}

function checksum(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}

/** Whether it belongs to this user, and nobody else may write to it. Windows has no such modes: there, the user's folder is private. */
function isPrivate(file: string): boolean {
  const { uid, mode } = fs.statSync(file);
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}
