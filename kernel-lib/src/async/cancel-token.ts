/**
 * The cancellation of one stage's execution. Its AbortSignal is created lazily: for a small stage a signal costs as much as
 * everything else.
 */
export class CancelToken {
  private cancelled: { readonly reason: unknown } | undefined;

  /** `controller`: one that others may abort too. */
  constructor(private controller?: AbortController) {}

  get isCancelled(): boolean {
    return this.cancelled !== undefined || this.controller?.signal.aborted === true;
  }

  get reason(): unknown {
    return this.cancelled ? this.cancelled.reason : (this.controller?.signal.reason as unknown);
  }

  /** Aborts on cancellation. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.cancelled) this.controller.abort(this.cancelled.reason);
    }
    return this.controller.signal;
  }

  /** The first reason is kept. */
  cancel(reason: unknown): void {
    if (this.isCancelled) return;
    this.cancelled = { reason };
    this.controller?.abort(reason);
  }

  /** Throws the reason. */
  throwIfCancelled(): void {
    if (this.isCancelled) throw this.reason;
  }
}

/** A token that is also cancelled when its parent is. */
export interface LinkedToken {
  readonly token: CancelToken;
  /** Stops following the parent. */
  unlink(): void;
}

/** `AbortSignal.any` would do the same, and costs more than everything else that is done for a small stage. */
export function linkedToken(parent: CancelToken): LinkedToken {
  const { signal } = parent;
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal.reason);
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow, { once: true });
  return { token: new CancelToken(controller), unlink: () => signal.removeEventListener("abort", follow) };
}
