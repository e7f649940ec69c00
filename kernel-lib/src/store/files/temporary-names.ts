/**
 * The names of files that are being written or are set aside: they say which process does so, so that others can finish or remove what a
 * killed one has left. Used by the disk store.
 */
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { ProcessTag } from "../records/process-tag";
import { isDeadHere, processTag } from "../records/process-tag";

const TEMPORARY = /^\.tmp-([0-9a-f]{8}-\d+-[0-9a-z]+)-[0-9a-f]+$/;
const ASIDE = /^\.aside-([0-9a-f]{8}-\d+-[0-9a-z]+)-[0-9a-f]{16}-(.+)$/;
const OLD_MS = 3_600_000;

/** The name that a file had before it was set aside. Undefined for every other file. */
export function originalOf(name: string): string | undefined {
  return ASIDE.exec(name)?.[2];
}

/** The process of a temporary or set-aside file, by its name. Undefined for every other file. */
export function leftoverOf(name: string): { readonly tag: ProcessTag; readonly isAside: boolean } | undefined {
  const aside = ASIDE.exec(name)?.[1];
  const tag = aside ?? TEMPORARY.exec(name)?.[1];
  return tag === undefined ? undefined : { tag, isAside: aside !== undefined };
}

/** True for a file that no process will finish: its process on this machine is dead, or it was not written for an hour (`ageMs`). */
export function isLeft(tag: ProcessTag, ageMs: number): boolean {
  return isDeadHere(tag) ?? ageMs > OLD_MS;
}

/** A new name beside the file, for writing it. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.tmp-${processTag}-${randomBytes(8).toString("hex")}`);
}

/** A name beside the file under which it is set aside. */
export function asideOf(path: string): string {
  return join(dirname(path), `.aside-${processTag}-${randomBytes(8).toString("hex")}-${basename(path)}`);
}
