/** The schedule on which state changes are applied. Passed to the models by the plugin, and replaced in tests. */

/** Calls `apply` once, soon. Returns a function that cancels the call. */
export type Frame = (apply: () => void) => () => void;

/** The next animation frame. A hidden tab has none, so after 500 ms at the latest. */
export const animationFrame: Frame = (apply) => {
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const once = (): void => {
    cancel();
    apply();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, 500);
  return cancel;
};
