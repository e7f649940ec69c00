/** The `Maintenance` of a disk store: only one process at a time removes anything that others may need. */
import type { Digest } from "../../../protocol";
import { messageOf } from "../../../protocol";
import type { ClaimFiles } from "../claim-files";
import type { OpenedFolder } from "../opened";
import type { GcOptions, GcReport, Maintenance, VerifyOptions, VerifyReport } from "../../store";
import type { HeadLocation } from "../folder";
import { withMaintenanceLock } from "../../maintenance/maintenance-lock";
import { clearHead } from "./clear-head";
import type { MaintenanceContext } from "./discard";
import { collectGarbage } from "./gc";
import { listBlobs } from "./survey";
import { SizeLimit } from "./size-limit";
import { verifyStore } from "./verify";

const LOCK_POLL_MS = 200;

export class DiskMaintenance implements Maintenance {
  constructor(
    private readonly opened: OpenedFolder,
    private readonly claimFiles: ClaimFiles,
    private readonly context: MaintenanceContext,
    /** Waits for pending writes of this process: a later one would look as if a result had been used during maintenance. */
    private readonly ownWrites: () => Promise<unknown>,
  ) {}

  /** `spare`: results to keep whatever the options say. */
  async gc(options: GcOptions, spare?: ReadonlySet<Digest>): Promise<GcReport> {
    const exists = await this.opened.check();
    const collect = async (): Promise<GcReport> => {
      await this.ownWrites();
      return collectGarbage(options, this.context, spare);
    };
    // No lock: there is nothing to remove, or nothing may be removed.
    if (!exists || options.dryRun === true) return this.opened.withWriteErrors(collect);
    return this.withLock("gc", options.signal, collect);
  }

  async verify(options: VerifyOptions): Promise<VerifyReport> {
    const exists = await this.opened.check();
    const verify = (): Promise<VerifyReport> => verifyStore(options, this.context);
    if (options.repair === true && exists) return this.withLock("verify", options.signal, verify);
    return this.opened.withWriteErrors(verify);
  }

  /** Clears the history of a stage. */
  async clear(location: HeadLocation): Promise<number> {
    return this.withLock("clear", undefined, async () => {
      await this.ownWrites();
      return clearHead(location, this.context);
    });
  }

  /** A limit that removes values in the background. */
  limitTo(maxBytes: number): SizeLimit {
    const { files, paths } = this.context;
    return new SizeLimit(maxBytes, {
      measure: async () => {
        let total = 0;
        for (const digest of await listBlobs(files, paths)) total += (await files.sizeOf(paths.blob(digest))) ?? 0;
        return total;
      },
      shrink: async (toBytes, spare) => (await this.gc({ maxBytes: toBytes }, spare)).keptBytes,
      onProblem: (error) =>
        this.opened.warn(`the size limit could not be enforced (${messageOf(error)})`, this.opened.folder),
    });
  }

  private async withLock<T>(what: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.opened.writing(() =>
      withMaintenanceLock(this.claimFiles, { what, pollMs: LOCK_POLL_MS, signal }, work),
    );
  }
}
