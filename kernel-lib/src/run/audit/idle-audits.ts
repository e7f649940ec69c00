/** The self-audit of a kernel: a sample of its cache hits is computed again while nothing runs, one after the other. */
import { CancelToken } from "../../async/cancel-token";
import type { EventBody } from "../../protocol";
import type { Instance } from "../state/instances";
import type { Audit, AuditFinding } from "./audit";

/** How long the kernel must have been idle before an audit begins, in milliseconds. */
const IDLE_MS = 2000;
/** How many stages may wait for their audit. */
const MAX_WAITING = 20;

export interface IdleAuditParts {
  /** The share of cache hits that are audited, from 0 to 1. */
  readonly share: number;
  readonly audit: Pick<Audit, "check">;
  readonly isBusy: () => boolean;
  /** Undefined for a stage that is no longer defined. */
  readonly find: (stage: string) => Instance | undefined;
  readonly found: (finding: AuditFinding) => void;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class IdleAudits {
  private readonly waiting = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private current: CancelToken | undefined;

  constructor(private readonly parts: IdleAuditParts) {}

  /** To be called with every event. */
  follow(event: EventBody): void {
    if (this.parts.share === 0) return;
    if (event.type === "run:started") this.stop();
    if (event.type === "run:ended") this.schedule();
    if (event.type !== "stage:cached" && event.type !== "stage:unchanged") return;
    if (this.waiting.size < MAX_WAITING && this.parts.random() < this.parts.share) this.waiting.add(event.stage);
  }

  /** A run takes precedence: the stage that is being audited is queued again. */
  private stop(): void {
    clearTimeout(this.timer);
    this.current?.cancel(new Error("a run has begun"));
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.waiting.size > 0) this.timer = setTimeout(() => void this.next(), IDLE_MS).unref();
  }

  private async next(): Promise<void> {
    if (this.parts.isBusy() || this.current) return;
    const [stage] = this.waiting;
    if (stage === undefined) return;
    this.waiting.delete(stage);
    const instance = this.parts.find(stage);
    const token = new CancelToken();
    this.current = token;
    try {
      if (instance) this.parts.found(await this.parts.audit.check(instance, token));
    } finally {
      this.current = undefined;
      if (token.isCancelled) this.waiting.add(stage);
      else this.schedule();
    }
  }
}
