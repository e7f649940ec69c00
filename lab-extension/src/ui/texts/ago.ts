/** Relative times for the panels. Durations, sizes and counts are formatted by `stagebook/protocol`, for kernel and page alike. */
import type { TranslationBundle } from "@jupyterlab/translation";

/** How long before `now` the moment `at` was, both in epoch milliseconds: `just now`, `5 s ago`, `3 days ago`. */
export function formatAgo(at: number, now: number, trans: TranslationBundle): string {
  const seconds = Math.round((now - at) / 1000);
  if (seconds < 2) return trans.__("just now");
  if (seconds < 60) return trans.__("%1 s ago", seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return trans.__("%1 min ago", minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return trans.__("%1 h ago", hours);
  return trans.__("%1 days ago", Math.floor(hours / 24));
}
