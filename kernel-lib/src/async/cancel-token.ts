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

export function linkedToken(parent: CancelToken): LinkedToken {
  const controller = new AbortController();
  const unlink = forwardAbort(parent.signal, controller);
  return { token: new CancelToken(controller), unlink };
}

/**
 * Aborts the controller when the signal aborts. Returns the function that stops following. Used instead of `AbortSignal.any`, whose
 * signals Node.js keeps in memory once they have a listener, and which costs more than everything else that a small stage needs.
 */
export function forwardAbort(from: AbortSignal | undefined, to: AbortController): () => void {
  if (from === undefined) return () => undefined;
  const forward = (): void => to.abort(from.reason);
  if (from.aborted) forward();
  else from.addEventListener("abort", forward, { once: true });
  return () => from.removeEventListener("abort", forward);
}
