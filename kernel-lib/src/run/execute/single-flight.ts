/** One kernel at a time works on a key, of all that share a store: the others wait for its result and see how far it is. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Digest } from "../../protocol";
import type { Claim, Claims, Entry, HeadName, Holder } from "../../store/store";

/** How often a waiting kernel looks, in milliseconds: of the order of what a person notices. */
const LOOK_EVERY_MS = 200;

export interface FlightPorts {
  readonly store: Claims;
  readonly signal: AbortSignal;
  /** Looks in the store once more. */
  readonly find: () => Promise<Entry | undefined>;
  /** Told when another kernel is at work, and of each change in what it tells. */
  readonly waiting: (holder: Holder) => void;
}

/** The right to do the work, or the result that another kernel has made meanwhile. */
export type Flight = { readonly claim: Claim } | { readonly entry: Entry };

/** Waits while a live kernel holds the key. Rejects with the signal's reason. */
export async function acquireOrReuse(key: Digest, who: HeadName, ports: FlightPorts): Promise<Flight> {
  let told = "";
  for (;;) {
    ports.signal.throwIfAborted();
    const asked = await ports.store.claim(key, who);
    if ("claim" in asked) return reuseOrStart(asked.claim, ports);
    const text = JSON.stringify(asked.holder);
    if (text !== told) ports.waiting(asked.holder);
    told = text;
    await sleep(LOOK_EVERY_MS, undefined, { signal: ports.signal, ref: true }).catch(() => undefined);
  }
}

/** Whoever had the claim before may have finished just now. */
async function reuseOrStart(claim: Claim, { find }: FlightPorts): Promise<Flight> {
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
