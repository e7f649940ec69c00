/**
 * A range while this process executes it. Its end may move: when another process has nothing left to do, half of the items that have not
 * begun are given away. When its lease was not renewed in time, as after the process was stopped for a while, another process has the
 * range, and the execution in this process is abandoned.
 */
import { forwardAbort } from "../../async/cancel-token";
import { monotonicNow } from "../../async/clock";
import type { Claim } from "../../store/store";
import type { Range } from "./range";

/** A claim that was not renewed for this long is free. */
export const LEASE_MS = 10_000;
/** How often the claim of a running range is checked. */
const CHECK_MS = 2000;

/** The reason why an execution was abandoned: another process has the range. */
export class LostRange extends Error {
  constructor() {
    super("another process has taken over the range: its lease was not renewed in time");
  }
}

export interface RunningPorts {
  readonly signal: AbortSignal;
  /** Whether another process asks for a part of the range. */
  isSplitRequested(): Promise<boolean>;
  /** Publishes that the range is cut there. Returns the claim of the piece before it. */
  cutAt(index: number): Promise<Claim>;
}

export class RunningRange implements Range {
  readonly from: number;
  to: number;
  /** Finished items, of an earlier execution too. */
  done: number;
  private taken: number;
  private readonly abort = new AbortController();
  private readonly unlink: () => void;
  private readonly timer: NodeJS.Timeout;
  private checkedAt = monotonicNow();
  private checking: Promise<void> = Promise.resolve();
  private isChecking = false;

  /** `begin`: the first item that is executed; those before are finished. */
  constructor(
    { from, to }: Range,
    readonly begin: number,
    private claim: Claim,
    private readonly ports: RunningPorts,
  ) {
    this.from = from;
    this.to = to;
    this.done = begin - from;
    this.taken = begin;
    this.unlink = forwardAbort(ports.signal, this.abort);
    // A function that ignores the cancellation may go on for long: what it has claimed is free at once.
    this.abort.signal.addEventListener("abort", () => void this.claim.release().catch(() => undefined));
    this.timer = setInterval(() => this.check(), CHECK_MS);
    this.timer.unref();
  }

  /** Aborts with the run, and when the range is lost. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  took(index: number): void {
    this.taken = index + 1;
  }

  /** Ends the execution: from now on its end does not move. Throws LostRange, and what publishing a cut threw. */
  async settle(): Promise<void> {
    clearInterval(this.timer);
    await this.checking;
    this.signal.throwIfAborted();
    if (!(await this.claim.isHeld())) throw new LostRange();
  }

  /** Publishes something about the range while its end does not move. Throws LostRange, and what `publish` throws. */
  async exclusively(publish: () => Promise<void>): Promise<void> {
    await this.checking;
    this.signal.throwIfAborted();
    this.isChecking = true;
    const publishing = (async () => {
      if (!(await this.claim.isHeld())) throw new LostRange();
      await publish();
    })().finally(() => (this.isChecking = false));
    this.checking = publishing.catch(() => undefined);
    await publishing;
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    this.unlink();
    await this.checking.catch(() => undefined);
    await this.claim.release();
  }

  private report(): void {
    this.claim.report({ done: this.done, total: this.to - this.from });
  }

  private check(): void {
    if (this.isChecking) return;
    this.isChecking = true;
    this.checking = this.checkClaim()
      .catch((error: unknown) => {
        // If the store cannot be read now, the next check retries. A cut that may have been published cannot be undone.
        if (this.abort.signal.aborted || this.isCutting) this.abort.abort(error);
      })
      .finally(() => (this.isChecking = false));
  }

  private isCutting = false;

  private async checkClaim(): Promise<void> {
    const now = monotonicNow();
    const wasAsleep = now - this.checkedAt > LEASE_MS / 2;
    this.checkedAt = now;
    if (wasAsleep && !(await this.claim.isHeld())) {
      this.abort.abort(new LostRange());
      return;
    }
    this.report();
    if (this.to - this.taken < 1 || this.taken === this.begin || !(await this.ports.isSplitRequested())) return;
    const left = this.to - this.taken;
    if (left < 1) return;
    // Before anything is awaited: no item behind the cut begins from now on.
    const at = this.to - Math.ceil(left / 2);
    this.to = at;
    this.isCutting = true;
    const before = this.claim;
    this.claim = await this.ports.cutAt(at);
    this.isCutting = false;
    await before.release();
  }
}
