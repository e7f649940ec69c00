/** A controller that also aborts when a signal does. `AbortSignal.any` costs more than all the rest of a small stage. */
export interface LinkedAbort {
  readonly controller: AbortController;
  /** The outer signal is no longer of interest. */
  unlink(): void;
}

export function linkAbort(outer: AbortSignal): LinkedAbort {
  const controller = new AbortController();
  const follow = (): void => controller.abort(outer.reason);
  if (outer.aborted) follow();
  else outer.addEventListener("abort", follow, { once: true });
  return { controller, unlink: () => outer.removeEventListener("abort", follow) };
}
