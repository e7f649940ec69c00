/** The upkeep of a store in a folder: one process at a time removes what others may want. Part of the disk store. */
import type { Digest } from "../../../protocol";
import { messageOf } from "../../../protocol";
import type { Claims } from "../claims";
import type { OpenedFolder } from "../opened";
import { SizeLimit } from "../size-limit";
import type { GcOptions, GcReport, VerifyOptions, VerifyReport } from "../../store";
import type { HeadLocation } from "../folder";
import { withMaintenanceLock } from "../../maintenance/maintenance-lock";
import { clearHead } from "./clear-head";
import type { MaintenancePorts } from "./discard";
import { collectGarbage } from "./gc";
import { listBlobs } from "./survey";
import { verifyStore } from "./verify";

const UPKEEP_POLL_MS = 200;

export class DiskMaintenance {
  constructor(
    private readonly opened: OpenedFolder,
    private readonly claims: Claims,
    private readonly ports: MaintenancePorts,
    /** Until this process has written down what it did: later it would look as if somebody had used a result meanwhile. */
    private readonly written: () => Promise<unknown>,
  ) {}

  /** `spare`: results that stay whatever the options say. */
  async gc(options: GcOptions, spare?: ReadonlySet<Digest>): Promise<GcReport> {
    const isThere = await this.opened.check();
    const collect = async (): Promise<GcReport> => {
      await this.written();
      return collectGarbage(options, this.ports, spare);
    };
    // Nothing to remove, or nothing is to be removed.
    if (!isThere || options.dryRun === true) return this.opened.inWords(collect);
    return this.alone("gc", options.signal, collect);
  }

  async verify(options: VerifyOptions): Promise<VerifyReport> {
    const isThere = await this.opened.check();
    const verify = (): Promise<VerifyReport> => verifyStore(options, this.ports);
    if (options.repair === true && isThere) return this.alone("verify", options.signal, verify);
    return this.opened.inWords(verify);
  }

  async clear(place: HeadLocation): Promise<number> {
    return this.alone("clear", undefined, async () => {
      await this.written();
      return clearHead(place, this.ports);
    });
  }

  limitTo(maxBytes: number): SizeLimit {
    const { files, paths } = this.ports;
    return new SizeLimit(maxBytes, {
      measure: async () => {
        let total = 0;
        for (const digest of await listBlobs(files, paths)) total += (await files.sizeOf(paths.blob(digest))) ?? 0;
        return total;
      },
      shrink: async (toBytes, spare) => (await this.gc({ maxBytes: toBytes }, spare)).keptBytes,
      onProblem: (error) =>
        this.opened.tell(`the size limit could not be kept (${messageOf(error)})`, this.opened.folder),
    });
  }

  private async alone<T>(what: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.opened.writing(() => withMaintenanceLock(this.claims, { what, everyMs: UPKEEP_POLL_MS, signal }, work));
  }
}
