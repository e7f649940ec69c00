/** The `Claims` of a tiered store: a key is claimed in both stores; pins are written to both. */
import type { Digest } from "../../protocol";
import type { Claim, ClaimOptions, ClaimOutcome, Claims, Entry, HeadName, Holder } from "../store";
import { endLate, releaseLate } from "./late-results";
import type { SharedTier } from "./shared-tier";

export class TieredClaims implements Claims {
  constructor(private readonly tier: SharedTier) {}

  async claim(key: Digest, who: HeadName, options?: ClaimOptions): Promise<ClaimOutcome> {
    const { tier } = this;
    const local = await tier.local.claim(key, who, options);
    if ("holder" in local) return local;
    // The previous holder may have stored a result.
    tier.forgetAbsent(key);
    const shared = tier.isReadOnly
      ? undefined
      : await tier.try(undefined, () => tier.shared.claim(key, who, options), releaseLate);
    if (!shared) return local;
    if ("claim" in shared) {
      const after = local.after ?? shared.after;
      return { claim: this.both(local.claim, shared.claim), ...(after ? { after } : {}) };
    }
    await local.claim.release();
    return shared;
  }

  async holderOf(key: Digest, options?: ClaimOptions): Promise<Holder | undefined> {
    const { tier } = this;
    const local = await tier.local.holderOf(key, options);
    return local ?? tier.try(undefined, () => tier.shared.holderOf(key, options));
  }

  async hold(entry: Entry): Promise<() => Promise<void>> {
    const { tier } = this;
    const releaseLocal = await tier.local.hold(entry);
    const isShared = tier.isAnyBorrowed(entry) && !tier.isReadOnly;
    const releaseShared = isShared ? await tier.try(undefined, () => tier.shared.hold(entry), endLate) : undefined;
    return async () => {
      if (releaseShared) await tier.try(undefined, releaseShared);
      await releaseLocal();
    };
  }

  async pin(key: Digest, isPinned: boolean): Promise<void> {
    await this.tier.local.pin(key, isPinned);
    await this.tier.write(() => this.tier.shared.pin(key, isPinned));
  }

  pinned(): Promise<ReadonlySet<Digest>> {
    return this.tier.local.pinned();
  }

  private both(local: Claim, shared: Claim): Claim {
    return {
      // While the shared store cannot be reached, others cannot take the claim there either.
      ...(local.isUnshared && shared.isUnshared ? { isUnshared: true as const } : {}),
      isHeld: async () => (await local.isHeld()) && (await this.tier.try(true, () => shared.isHeld())),
      report: (progress) => {
        local.report(progress);
        shared.report(progress);
      },
      release: async () => {
        // Always tried, because other processes wait for it; but not awaited while the shared store cannot be reached.
        const releasing = shared.release();
        releasing.catch(() => undefined);
        if (!this.tier.isDown) await this.tier.try(undefined, () => releasing);
        await local.release();
      },
    };
  }
}
