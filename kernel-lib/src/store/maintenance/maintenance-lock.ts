/** The maintenance lock: only one process at a time removes what others may need. Used by the disk store and the bucket store. */
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { ClaimOutcome, HeadName } from "../store";

/** The key that is claimed for maintenance. The text is part of the store's format. */
export const maintenanceKey: Digest = digestOf("maintenance of the store");

interface LockClaims {
  take(key: Digest, who: HeadName): Promise<ClaimOutcome>;
}

/** `what`: the name of the work. `pollMs`: how often to try again while another process has the lock. */
export interface MaintenanceLockOptions {
  readonly what: string;
  readonly pollMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Waits for the lock, then does the work. Throws the signal's reason when it aborts before. */
export async function withMaintenanceLock<T>(
  claims: LockClaims,
  { what, pollMs, signal }: MaintenanceLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const outcome = await claims.take(maintenanceKey, { notebook: "", stage: what });
    if ("claim" in outcome) return work().finally(() => outcome.claim.release());
    await sleep(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
