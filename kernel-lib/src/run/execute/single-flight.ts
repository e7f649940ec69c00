/** Claims among the kernels that share a store: one kernel executes a key, the others wait for its result and show its progress. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Digest } from "../../protocol";
import type { Claim, Claims, Entry, HeadName, Holder } from "../../store/store";

/** How often a waiting kernel checks, in milliseconds: short enough that a user hardly notices the delay. */
const POLL_MS = 200;

export interface FlightPorts {
  readonly store: Claims;
  readonly signal: AbortSignal;
  /** Looks up the result again. */
  readonly find: () => Promise<Entry | undefined>;
  /** Called when another kernel holds the claim, and whenever what it reports has changed. */
  readonly onWait: (holder: Holder) => void;
}

/** The claim, or the result that another kernel has stored meanwhile. */
export type Flight = { readonly claim: Claim } | { readonly entry: Entry };

/** Waits while a live kernel holds the claim. Rejects with the signal's reason. */
export async function acquireOrReuse(key: Digest, head: HeadName, ports: FlightPorts): Promise<Flight> {
  let reported = "";
  for (;;) {
    ports.signal.throwIfAborted();
    const claimed = await ports.store.claim(key, head);
    if ("claim" in claimed) return reuseOrKeep(claimed.claim, ports);
    const text = JSON.stringify(claimed.holder);
    if (text !== reported) ports.onWait(claimed.holder);
    reported = text;
    await sleep(POLL_MS, undefined, { signal: ports.signal, ref: true }).catch(() => undefined);
  }
}

/** The previous holder may have stored the result just now. */
async function reuseOrKeep(claim: Claim, { find }: FlightPorts): Promise<Flight> {
  try {
    const entry = await find();
    if (!entry) return { claim };
    await claim.release();
    return { entry };
  } catch (error) {
    await claim.release();
    throw error;
  }
}
