/**
 * Which process a file of a store belongs to, and whether that process still lives: the machine, the process id, and when the
 * process began, so that a later process with the same id is not taken for it. Used by the disk store in names of files.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { digestOf } from "../../key/digest";
import { codeOf } from "./store-error";

/** `<machine>-<process id>-<beginning>`: hex, decimal, base 36. */
export type ProcessTag = string;

const TAG = /^([0-9a-f]{8})-(\d{1,10})-([0-9a-z]{1,13})$/;

/** Of the machine since it was started, and of the process ids that are seen there: containers have their own. */
export const hostTag: string = digestOf(
  JSON.stringify([
    hostname(),
    textOf(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1")),
    textOf(() => readlinkSync("/proc/self/ns/pid")),
  ]),
).slice(0, 8);

export const processTag: ProcessTag = tagOf(process.pid);

/** Of a process of this machine. */
export function tagOf(pid: number): ProcessTag {
  return `${hostTag}-${pid}-${beginningOf(pid)?.at ?? "0"}`;
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** On its machine. */
export function pidOf(tag: ProcessTag): number {
  return Number(TAG.exec(tag)?.[2]);
}

/** Undefined for a process of another machine: nobody here can know. */
export function isDeadHere(tag: ProcessTag): boolean | undefined {
  const [, host, pid, began] = TAG.exec(tag) ?? [];
  if (host !== hostTag) return undefined;
  if (tag === processTag) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
  const now = beginningOf(Number(pid));
  return now !== undefined && (now.isDead || now.at !== began);
}

/** Undefined where the system does not say it in this way: then the process id alone must do. */
function beginningOf(pid: number): { readonly at: string; readonly isDead: boolean } | undefined {
  const text = textOf(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The second field is a name in parentheses and may hold anything; the third is the state, the 22nd the beginning.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, began] = [fields[0], fields[19]];
  if (state === undefined || began === undefined || !/^\d+$/.test(began)) return undefined;
  return { at: BigInt(began).toString(36), isDead: state === "Z" || state === "X" };
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
