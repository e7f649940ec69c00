/**
 * The state of a file that a synchronous read opens. Node itself asks the system for it (`fstat`), between opening the file and reading
 * it: what it gets is taken from there, so that a read costs no further call of the system.
 */
import type { AnyFunction } from "./call-site";
import { systemNow } from "../async/clock";

/** Numbers that are kept of a file: size, inode, and the times of content and file, each in whole seconds and nanoseconds. */
export const STATE_LENGTH = 6;

/** Where Node's functions below `fs` put them, in the same order. */
const [INO, SIZE, MTIME, CTIME] = [7, 8, 12, 14] as const;

/** The file that was opened last. */
const state = new Float64Array(STATE_LENGTH);
let isAwaited = false;

/** A wrapper of the `fstat` below `fs`. */
export function tellingFstat(original: AnyFunction): AnyFunction {
  return function fstat(this: unknown, ...args: never[]): unknown {
    const stats: unknown = Reflect.apply(original, this, args);
    if (isAwaited) isAwaited = !keep(stats);
    return stats;
  };
}

function keep(stats: unknown): boolean {
  if (!(stats instanceof Float64Array)) return false;
  state[0] = stats[SIZE] as number;
  state[1] = stats[INO] as number;
  state[2] = stats[MTIME] as number;
  state[3] = stats[MTIME + 1] as number;
  state[4] = stats[CTIME] as number;
  state[5] = stats[CTIME + 1] as number;
  return true;
}

/** Waits for the next file that is opened and asked for. */
export function awaitOpened(): void {
  isAwaited = true;
}

/** The state of the file that was opened since, until the next one; undefined if none was, or this version of Node does it in another way. */
export function takeOpened(): Float64Array | undefined {
  if (!isAwaited) return state;
  isAwaited = false;
  return undefined;
}

/** As `stampOf` writes it. `at`: where its numbers begin. */
export function stampFrom(numbers: readonly number[], at: number): string {
  const [size = 0, ino = 0, mtime = 0, mtimeNsec = 0, ctime = 0, ctimeNsec = 0] = numbers.slice(at, at + STATE_LENGTH);
  return `${size} ${ino} ${nanoseconds(mtime, mtimeNsec)} ${nanoseconds(ctime, ctimeNsec)}`;
}

const nanoseconds = (sec: number, nsec: number): string =>
  sec > 0 ? `${sec}${String(nsec).padStart(9, "0")}` : String(BigInt(sec) * 1_000_000_000n + BigInt(nsec));

/** A file that changes twice within this many seconds may have the same times after both changes. */
const TICK_SEC = 0.05;
/** In a file system that keeps whole seconds. */
const COARSE_TICK_SEC = 2;

/** Files that changed before that, in epoch seconds, are not recent: most of them, without a look at the clock. */
let longAgoSec = 0;

/** Whether the file that was opened last may change after it was read and have the same state. */
export function isRecent(): boolean {
  if (at(2) < longAgoSec && at(4) < longAgoSec) return false;
  const nowSec = systemNow() / 1000;
  longAgoSec = nowSec - COARSE_TICK_SEC - 1;
  const ageSec = nowSec - Math.max(at(2) + at(3) / 1e9, at(4) + at(5) / 1e9);
  return ageSec < TICK_SEC || (ageSec < COARSE_TICK_SEC && at(3) === 0 && at(5) === 0);
}

const at = (index: number): number => state[index] as number;
