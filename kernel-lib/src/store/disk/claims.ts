/** The `Claims` of a disk store. A store that is not writable does not block work; the problem is reported. */
import { messageOf, type Digest } from "../../protocol";
import { unsharedClaim } from "../records/claim-record";
import type { ClaimOptions, ClaimOutcome, Claims, Entry, HeadName, Holder } from "../store";
import type { ClaimFiles } from "./claim-files";
import type { OpenedFolder } from "./opened";
import type { Protection } from "./protection";

export class DiskClaims implements Claims {
  constructor(
    private readonly opened: OpenedFolder,
    private readonly claimFiles: ClaimFiles,
    private readonly protection: Protection,
  ) {}

  async claim(key: Digest, who: HeadName, options?: ClaimOptions): Promise<ClaimOutcome> {
    const { opened } = this;
    try {
      return await opened.writing(() => this.claimFiles.take(key, who, options));
    } catch (error) {
      opened.warn(`${messageOf(error)}: other processes may repeat the same work`, opened.paths.claims());
      return { claim: unsharedClaim };
    }
  }

  async holderOf(key: Digest, options?: ClaimOptions): Promise<Holder | undefined> {
    const { opened } = this;
    await opened.check();
    return this.claimFiles.holderOf(key, options);
  }

  async hold(entry: Entry): Promise<() => Promise<void>> {
    const { opened } = this;
    const holds = opened.paths.holds();
    try {
      const release = await opened.writing(() => this.protection.hold(entry.key));
      return () =>
        release().catch((error: unknown) => opened.warn(`a hold could not be released (${messageOf(error)})`, holds));
    } catch (error) {
      opened.warn(`${messageOf(error)}: maintenance may remove values that are being read`, holds);
      return async () => undefined;
    }
  }

  async pin(key: Digest, isPinned: boolean): Promise<void> {
    await this.opened.writing(() => this.protection.pin(key, isPinned));
  }

  async pinned(): Promise<ReadonlySet<Digest>> {
    await this.opened.check();
    return this.protection.pinned();
  }
}
