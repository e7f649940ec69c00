/** Stops the work on one stage. Its signal is made for whoever listens: for a small stage it costs as much as all the rest. */
export class CancelToken {
  private given: { readonly reason: unknown } | undefined;

  /** `controller`: one that others may abort too. */
  constructor(private controller?: AbortController) {}

  get isStopped(): boolean {
    return this.given !== undefined || this.controller?.signal.aborted === true;
  }

  get reason(): unknown {
    return this.given ? this.given.reason : (this.controller?.signal.reason as unknown);
  }

  /** Aborts when the work is stopped. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.given) this.controller.abort(this.given.reason);
    }
    return this.controller.signal;
  }

  /** The first reason stays. */
  stop(reason: unknown): void {
    if (this.isStopped) return;
    this.given = { reason };
    this.controller?.abort(reason);
  }

  /** Throws the reason. */
  throwIfStopped(): void {
    if (this.isStopped) throw this.reason;
  }
}
