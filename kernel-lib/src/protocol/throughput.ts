/** Throughput of a running stage and its time left: from its progress, else from past durations. */
import type { StageView } from "./view";

export interface Throughput {
  /** Items per second. */
  readonly perSecond?: number;
  /** Estimated time left, milliseconds. */
  readonly leftMs?: number;
}

/** A shorter time is too little to extrapolate from. */
const ENOUGH_MS = 1000;

/** Empty for a stage that is not running, or that only just started. */
export function throughputOf({ status, startedAt, progress, estimateMs }: StageView): Throughput {
  if (status !== "running" || startedAt === undefined || !progress) return {};
  const elapsedMs = progress.at - startedAt;
  if (elapsedMs < ENOUGH_MS || progress.done <= 0) return {};
  const perSecond = (progress.done / elapsedMs) * 1000;
  const leftMs =
    progress.total !== null
      ? (Math.max(0, progress.total - progress.done) / perSecond) * 1000
      : estimateMs !== undefined && estimateMs > elapsedMs
        ? estimateMs - elapsedMs
        : undefined;
  return { perSecond, ...(leftMs === undefined ? {} : { leftMs }) };
}
