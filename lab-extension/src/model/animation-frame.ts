/** When a store tells what changed. Given to stores by the plugin, and replaced in tests. */

/** Runs `apply` once, soon; returns how to take it back. */
export type Frame = (apply: () => void) => () => void;

/** The next animation frame; a hidden tab has none, so 500 ms at the latest. */
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
