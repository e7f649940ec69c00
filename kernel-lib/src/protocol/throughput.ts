/** How fast a running stage is, and how long it will take: by its own progress, else by how long it took before. */
import type { StageView } from "./view";

export interface Throughput {
  /** Items in a second. */
  readonly perSecond?: number;
  /** Milliseconds. */
  readonly leftMs?: number;
}

/** Less says nothing yet. */
const ENOUGH_MS = 1000;

/** Nothing for a stage that is not running, or only just began. */
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
