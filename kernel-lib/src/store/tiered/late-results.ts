/** Claims and holds that a store grants after its caller has stopped waiting: they are released. Used behind a circuit breaker. */
import type { ClaimOutcome } from "../store";

export function releaseLate(outcome: ClaimOutcome | undefined): void {
  if (outcome && "claim" in outcome) outcome.claim.release().catch(() => undefined);
}

export function endLate(release: (() => Promise<void>) | undefined): void {
  release?.().catch(() => undefined);
}
