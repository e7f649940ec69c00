/** What the set-up prints where there is no terminal: in a log, in CI. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { doStep } from "../../.dev/lib/progress.mjs";

const lines: string[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  lines.length = 0;
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const step = (name: string, work: Parameters<typeof doStep>[0]["work"]): Promise<boolean> =>
  doStep({ name, isCurrent: () => false, work });

test("[setup] a step has a line when it starts and when it ends, and long ones at least one every 15 s", async () => {
  const both = Promise.all([step("packages", () => pause(32_000)), step("JupyterLab", () => pause(12_000))]);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(lines).toEqual(["… packages", "… JupyterLab"]);
  await vi.advanceTimersByTimeAsync(30_000);
  await both;
  expect(lines.slice(2)).toEqual([
    "… packages 10 s, JupyterLab 10 s",
    "✓ JupyterLab             12.0 s",
    "… packages 20 s",
    "… packages 30 s",
    "✓ packages               32.0 s",
  ]);
});

test("[setup] a step that fails, or finds nothing to do, has an end too, and then there is silence", async () => {
  await step("build", () => Promise.resolve(false));
  await expect(step("npm packages", () => Promise.reject(new Error("no network")))).rejects.toThrow("no network");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lines).toEqual([
    "… build",
    "✓ build                  up to date",
    "… npm packages",
    "✗ npm packages           failed after 0.0 s",
  ]);
});

test("[setup] a step that is up to date prints nothing", async () => {
  await doStep({ name: "build", isCurrent: () => true, work: () => Promise.resolve() });
  expect(lines).toEqual([]);
});
