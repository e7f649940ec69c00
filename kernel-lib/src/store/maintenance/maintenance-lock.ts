/** The maintenance lock: only one process at a time removes what others may need. Used by the disk store and the bucket store. */
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import { isDiskFull } from "../records/store-error";
import type { Claim, ClaimOutcome, HeadName } from "../store";

/** The key that is claimed for maintenance. The text is part of the store's format. */
export const maintenanceKey: Digest = digestOf("maintenance of the store");

interface LockClaims {
  take(key: Digest, who: HeadName): Promise<ClaimOutcome>;
  /** True while a live process has it. */
  isTaken?(key: Digest): Promise<boolean>;
}

/** `what`: the name of the work. `pollMs`: how often to try again while another process has the lock. */
export interface MaintenanceLockOptions {
  readonly what: string;
  readonly pollMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for the lock, then does the work. Throws the signal's reason when it aborts before. On a full disk no lock can be written: the
 * work is done without one once no other process has it, because only that can free space. If two processes do so at the same time, each
 * checks by itself that what it removes is not needed.
 */
export async function withMaintenanceLock<T>(
  claims: LockClaims,
  { what, pollMs, signal }: MaintenanceLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const claim = await takeOrSkip(claims, what);
    if (claim !== "taken") return work().finally(() => claim?.release());
    await sleep(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** The lock; undefined where the disk is full and no other process has it. */
async function takeOrSkip(claims: LockClaims, what: string): Promise<Claim | "taken" | undefined> {
  try {
    const outcome = await claims.take(maintenanceKey, { notebook: "", stage: what });
    return "claim" in outcome ? outcome.claim : "taken";
  } catch (error) {
    if (!isDiskFull(error) || !claims.isTaken) throw error;
    return (await claims.isTaken(maintenanceKey)) ? "taken" : undefined;
  }
}
