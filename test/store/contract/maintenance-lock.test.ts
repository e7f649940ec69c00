/** The maintenance lock: one process at a time, whatever the store. */
import { expect, test } from "vitest";
import type { Claim, Holder } from "../../../kernel-lib/src/store/store";
import { withMaintenanceLock } from "../../../kernel-lib/src/store/maintenance/maintenance-lock";

const other: Holder = { process: "other", machine: "there", since: 0 } as never;

/** Claims that another process holds for the first few attempts. */
function claimsAfter(refusals: number): {
  readonly taken: () => number;
  take(): Promise<{ claim: Claim } | { holder: Holder }>;
} {
  let [attempts, held] = [0, 0];
  const claim = {
    report: () => undefined,
    release: () => {
      held--;
      return Promise.resolve();
    },
  } as unknown as Claim;
  return {
    taken: () => held,
    take: () => {
      if (attempts++ < refusals) return Promise.resolve({ holder: other });
      held++;
      return Promise.resolve({ claim });
    },
  };
}

test("[C13] maintenance waits while another process has the lock, and releases the lock afterwards", async () => {
  const claims = claimsAfter(3);
  expect(await withMaintenanceLock(claims, { what: "gc", pollMs: 1 }, () => Promise.resolve(claims.taken()))).toBe(1);
  expect(claims.taken()).toBe(0);
});

test("[C13] maintenance that fails releases the lock", async () => {
  const claims = claimsAfter(0);
  await expect(withMaintenanceLock(claims, { what: "gc", pollMs: 1 }, () => Promise.reject(new Error("no room")))).rejects.toThrow("no room"); // prettier-ignore
  expect(claims.taken()).toBe(0);
});

test("[C13] waiting for the lock is stopped at once", async () => {
  const stop = new AbortController();
  const claims = claimsAfter(Infinity);
  const waiting = withMaintenanceLock(claims, { what: "gc", pollMs: 3_600_000, signal: stop.signal }, () =>
    Promise.resolve(),
  );
  stop.abort(new Error("no longer wanted"));
  await expect(waiting).rejects.toThrow("no longer wanted");
});
