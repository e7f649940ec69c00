/** What calls of stages and of items have in common in their thread. */
import type { ReadRecorder } from "../../../observe";
import { v8Codec } from "../../../store/codecs/v8-codec";
import { lineWriter } from "../../call/log/stage-lines";
import { unpack } from "../../shipping/unpack";
import type { CallLink } from "./kernel-link";
import type { CallLocation, CallRequest, ThreadReads } from "../messages";
import { linesOf } from "./context";

/** The call that an uncaught error belongs to. */
export interface RunningCall {
  isOver: boolean;
  /** Logs an error as a line of its stage. */
  readonly logError: (message: string) => void;
}

/** Marks everything async that `act` starts as part of the call. */
export type Within = <T>(call: RunningCall, act: () => T) => T;

export function runningCall(location: CallLocation, link: CallLink): RunningCall {
  return {
    isOver: false,
    logError: (message) => lineWriter(linesOf(location, link, {}), "console")("error", message),
  };
}

interface Unpacked {
  readonly payload: unknown;
  /** That of the latest call. */
  link: CallLink;
}

const reused = new Map<string, Unpacked>();
/** Older ones belong to runs that have ended. */
const MAX_REUSED = 16;

/** What was shipped. */
export function payloadOf({ shipment, reuseAs }: CallRequest, link: CallLink): unknown {
  const known = reuseAs === undefined ? undefined : reused.get(reuseAs);
  if (known) {
    known.link = link;
    return known.payload;
  }
  const latest = { link };
  const unpacked: Unpacked = Object.assign(latest, { payload: unpackWith(shipment, () => latest.link) });
  if (reuseAs !== undefined) {
    reused.set(reuseAs, unpacked);
    const [oldest] = reused.keys();
    if (reused.size > MAX_REUSED && oldest !== undefined) reused.delete(oldest);
  }
  return unpacked.payload;
}

export function unpackWith(shipment: SharedArrayBuffer | Uint8Array, link: () => CallLink): unknown {
  return unpack(shipment, {
    readStage: async (at) => v8Codec.decode((await link().request({ kind: "stage", at })) as Uint8Array),
  });
}

/** Undefined when it has read nothing. */
export async function readsOf(recorder: ReadRecorder): Promise<ThreadReads | undefined> {
  const reads = recorder.reads();
  const volatile = recorder.volatile();
  if (reads.length === 0 && volatile.length === 0) return undefined;
  return { reads, volatile, changed: await recorder.changedSince() };
}

let knownZone = process.env.TZ;

/** Threads share the environment, but V8 caches the time zone per thread: the kernel may have set another one since. */
export function followTimeZone(): void {
  const zone = process.env.TZ;
  if (zone === knownZone) return;
  knownZone = zone;
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
}
