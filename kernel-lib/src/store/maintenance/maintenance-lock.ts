/** One process at a time does the upkeep of a store, for it removes what others may want. Used by the disk store and the bucket store. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Digest } from "../../protocol";
import { maintenanceKey } from "../disk/claims";
import type { Claim, HeadName, Holder } from "../store";

interface UpkeepClaims {
  take(key: Digest, who: HeadName): Promise<{ readonly claim: Claim } | { readonly holder: Holder }>;
}

/** `what`: the work, in a word. `everyMs`: while another process is at it, it is asked again after so long. */
export interface MaintenanceLockOptions {
  readonly what: string;
  readonly everyMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Does the work when no other process is at work on the store. Throws the signal's reason when it aborts before. */
export async function withMaintenanceLock<T>(
  claims: UpkeepClaims,
  { what, everyMs, signal }: MaintenanceLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const taken = await claims.take(maintenanceKey, { notebook: "", stage: what });
    if ("claim" in taken) return work().finally(() => taken.claim.release());
    await sleep(everyMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
