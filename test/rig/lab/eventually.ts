/** Waits for what the page shows, never for time. Called by the browser tests. */
import { expect } from "vitest";
import type { Assertion } from "vitest";

/** Reads until the assertion on it holds: `await eventually(() => lab.stageStatuses()).toEqual(…)`. */
export function eventually<T>(read: () => T | Promise<T>, timeout = 60_000): Eventually<T> {
  return expect.poll(read, { timeout, interval: 100 });
}

type Eventually<T> = {
  readonly [K in "toBe" | "toEqual" | "toMatchObject" | "toContain" | "toMatch"]: (
    ...expected: Parameters<Assertion<T>[K]>
  ) => Promise<void>;
};
