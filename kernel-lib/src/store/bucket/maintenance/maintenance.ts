/** The `Maintenance` of a store in a bucket: only one process at a time removes anything that others may need. */
import { withMaintenanceLock } from "../../maintenance/maintenance-lock";
import type { GcOptions, GcReport, HeadName, Maintenance, VerifyOptions, VerifyReport } from "../../store";
import type { OpenedBucket } from "../opened";
import { clearHead } from "./clear-head";
import type { MaintenanceContext } from "./discard";
import { collectGarbage } from "./gc";
import { verifyStore } from "./verify";

const LOCK_POLL_MS = 500;

export class BucketMaintenance implements Maintenance {
  constructor(
    private readonly opened: OpenedBucket,
    private readonly context: MaintenanceContext,
  ) {}

  async gc(options: GcOptions): Promise<GcReport> {
    options.signal?.throwIfAborted();
    const collect = (): Promise<GcReport> => collectGarbage(options, this.context);
    return options.dryRun === true ? this.opened.writing(collect) : this.withLock("gc", options.signal, collect);
  }

  async verify(options: VerifyOptions): Promise<VerifyReport> {
    options.signal?.throwIfAborted();
    const verify = (): Promise<VerifyReport> => verifyStore(options, this.context);
    return options.repair === true ? this.withLock("verify", options.signal, verify) : this.opened.writing(verify);
  }

  /** Clears the history of a stage. */
  async clear(head: HeadName): Promise<number> {
    return this.withLock("clear", undefined, () => clearHead(head, this.context));
  }

  private async withLock<T>(what: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const { claimObjects } = this.context;
    return this.opened.writing(() => withMaintenanceLock(claimObjects, { what, pollMs: LOCK_POLL_MS, signal }, work));
  }
}
