/** The property that must hold for every seed of faults. Called by the quick and the heavy test. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { playFaults } from "./faults";
import { fakeStorage } from "./jupyter-fixture";

/** From the end of the faults until every page shows the state of the kernel. */
const RIGHT_WITHIN_MS = 2000;

/** One test for the seeds `first` … `first + count - 1`. */
export function testFaults(first: number, count: number): void {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("sessionStorage", fakeStorage());
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  test(`[O7] lost, late and repeated messages, broken connections, restarted kernels, reloaded pages: right within 2 s, seeds ${first} to ${first + count - 1}`, async () => {
    const times: number[] = [];
    for (let seed = first; seed < first + count; seed++) {
      const report = await playFaults(seed);
      const story = `seed ${seed}\n${report.story.join("\n")}\npages: ${report.connections.join(", ")}`;
      for (const page of report.pages) expect(page, story).toEqual(report.kernel);
      expect(report.rightAfterMs, story).not.toBeNull();
      expect(report.rightAfterMs, story).toBeLessThanOrEqual(RIGHT_WITHIN_MS);
      expect(report.warnings, `${story}: a kernel without Stagebook was sent a comm`).toBe(0);
      expect(vi.getTimerCount(), `${story}: timers left`).toBe(0);
      times.push(report.rightAfterMs ?? 0);
    }
    times.sort((a, b) => a - b);
    console.log(
      `${count} seeds of faults: right ${times[Math.floor(count / 2)]} ms after them (median), ${times.at(-1)} ms at most`,
    );
  }, 600_000);
}
