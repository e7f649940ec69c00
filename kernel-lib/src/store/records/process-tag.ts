/**
 * The tag of a process in file names, and whether that process is still alive: the machine, the process id and the start time, so that
 * a later process with the same id is not mistaken for it. Used by the disk store and the bucket store.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { digestOf } from "../../key/digest";
import { codeOf } from "./store-error";

/** `<machine>-<process id>-<start time>`: hex, decimal, base 36. */
export type ProcessTag = string;

const TAG = /^([0-9a-f]{8})-(\d{1,10})-([0-9a-z]{1,13})$/;

/** Identifies the machine since its last boot, and the PID namespace: containers have their own process ids. */
export const hostTag: string = digestOf(
  JSON.stringify([
    hostname(),
    readOrEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1")),
    readOrEmpty(() => readlinkSync("/proc/self/ns/pid")),
  ]),
).slice(0, 8);

export const processTag: ProcessTag = tagOf(process.pid);

/** The tag of a process on this machine. */
export function tagOf(pid: number): ProcessTag {
  return `${hostTag}-${pid}-${startOf(pid)?.at ?? "0"}`;
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** The process id on its own machine. */
export function pidOf(tag: ProcessTag): number {
  return Number(TAG.exec(tag)?.[2]);
}

/** Undefined for a process of another machine: it cannot be known here. */
export function isDeadHere(tag: ProcessTag): boolean | undefined {
  const [, host, pid, startedAt] = TAG.exec(tag) ?? [];
  if (host !== hostTag) return undefined;
  if (tag === processTag) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
  const now = startOf(Number(pid));
  return now !== undefined && (now.isDead || now.at !== startedAt);
}

/** Undefined where there is no /proc: then the process id alone has to suffice. */
function startOf(pid: number): { readonly at: string; readonly isDead: boolean } | undefined {
  const text = readOrEmpty(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The second field is a name in parentheses that may hold anything; the third is the state, the 22nd the start time.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, startedAt] = [fields[0], fields[19]];
  if (state === undefined || startedAt === undefined || !/^\d+$/.test(startedAt)) return undefined;
  return { at: BigInt(startedAt).toString(36), isDead: state === "Z" || state === "X" };
}

function readOrEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
