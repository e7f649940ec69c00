/** The right to do upkeep: one process at a time, whatever the store. */
import { expect, test } from "vitest";
import type { Claim, Holder } from "../../../kernel-lib/src/store/store";
import { withMaintenanceLock } from "../../../kernel-lib/src/store/maintenance/maintenance-lock";

const other: Holder = { process: "other", machine: "there", since: 0 } as never;

/** Claims that others hold for the first few times that they are asked for. */
function claimsAfter(refusals: number): {
  readonly taken: () => number;
  take(): Promise<{ claim: Claim } | { holder: Holder }>;
} {
  let [asked, held] = [0, 0];
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
      if (asked++ < refusals) return Promise.resolve({ holder: other });
      held++;
      return Promise.resolve({ claim });
    },
  };
}

test("[C13] upkeep waits while another process does some, and gives its right back", async () => {
  const claims = claimsAfter(3);
  expect(await withMaintenanceLock(claims, { what: "gc", everyMs: 1 }, () => Promise.resolve(claims.taken()))).toBe(1);
  expect(claims.taken()).toBe(0);
});

test("[C13] upkeep that fails gives its right back", async () => {
  const claims = claimsAfter(0);
  await expect(withMaintenanceLock(claims, { what: "gc", everyMs: 1 }, () => Promise.reject(new Error("no room")))).rejects.toThrow("no room"); // prettier-ignore
  expect(claims.taken()).toBe(0);
});

test("[C13] upkeep that waits is stopped at once", async () => {
  const stop = new AbortController();
  const claims = claimsAfter(Infinity);
  const waiting = withMaintenanceLock(claims, { what: "gc", everyMs: 3_600_000, signal: stop.signal }, () =>
    Promise.resolve(),
  );
  stop.abort(new Error("no longer wanted"));
  await expect(waiting).rejects.toThrow("no longer wanted");
});
